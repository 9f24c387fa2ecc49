package llava4j.eval.task;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import llava4j.error.BadInputException;

/// The benchmarks of the paper, with the scores that it printed (Tables 3 and 4, spec 7.4).
public enum TaskName {
  VQAV2("vqav2", "VQAv2 test-dev", new Published("accuracy", 78.5, 80.0, 81.8)),
  GQA("gqa", "GQA", new Published("accuracy", 62.0, 63.3, 64.7)),
  VIZWIZ("vizwiz", "VizWiz", new Published("accuracy", 50.0, 53.6, 57.5)),
  SCIENCEQA("scienceqa", "ScienceQA-IMG", new Published("IMG accuracy", 66.8, 71.6, 71.0)),
  TEXTVQA("textvqa", "TextVQA", new Published("accuracy", 58.2, 61.3, 62.5)),
  POPE(
      "pope",
      "POPE",
      new Published("mean F1", 85.9, 85.9, 86.3),
      new Published("random F1", 87.3, 87.1, 87.5),
      new Published("popular F1", 86.1, 86.2, 86.4),
      new Published("adversarial F1", 84.2, 84.5, 85.0)),
  MME("mme", "MME", new Published("perception", 1510.7, 1531.3, 1500.1)),
  MMBENCH("mmbench", "MMBench", new Published("CircularEval", 64.3, 67.7, 68.8)),
  MMBENCH_CN("mmbench-cn", "MMBench-CN", new Published("CircularEval", 58.3, 63.6, 61.9)),
  SEED(
      "seed",
      "SEED-Bench",
      new Published("all", 58.6, 61.6, 62.6),
      new Published("image", 66.1, 68.2, 70.1),
      new Published("video", 37.3, 42.7, 41.3)),
  LLAVABENCH("llavabench", "LLaVA-Bench (in the wild)", new Published("all", 65.4, 72.5, 72.0)),
  MMVET("mmvet", "MM-Vet", new Published("total", 31.1, 36.1, 39.4));

  /// What the paper printed for a figure.
  ///
  /// @param seven LLaVA-1.5 7B's
  /// @param thirteen LLaVA-1.5 13B's
  /// @param highDefinition LLaVA-1.5-HD 13B's
  public record Published(String figure, double seven, double thirteen, double highDefinition) {}

  private final String word;
  private final String title;
  private final Published headline;
  private final List<Published> parts;

  TaskName(String word, String title, Published headline, Published... parts) {
    this.word = word;
    this.title = title;
    this.headline = headline;
    this.parts = List.of(parts);
  }

  /// The word on the command line.
  public String word() {
    return word;
  }

  /// What tables call it.
  public String title() {
    return title;
  }

  /// The headline figure; POPE's, which the paper does not print, is the mean of its splits.
  public Published published() {
    return headline;
  }

  /// Figures that the paper printed beside the headline, or of which it is made.
  public List<Published> parts() {
    return parts;
  }

  /// The benchmark of this word.
  public static TaskName of(String word) {
    Optional<TaskName> found =
        Arrays.stream(values())
            .filter(name -> name.word.equals(word.toLowerCase(Locale.ROOT)))
            .findFirst();
    return found.orElseThrow(() ->
        new BadInputException(
            "unknown benchmark '"
                + word
                + "': use one of "
                + String.join(", ", Arrays.stream(values()).map(TaskName::word).toList())));
  }
}
