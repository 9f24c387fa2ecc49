package llava4j.eval.task;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import llava4j.error.BadInputException;

/// The benchmarks, with the scores that the paper printed (its Tables 3 and 4).
public enum TaskName {
  VQAV2("vqav2", "VQAv2 test-dev"),
  GQA("gqa", "GQA"),
  VIZWIZ("vizwiz", "VizWiz"),
  SCIENCEQA("scienceqa", "ScienceQA-IMG"),
  TEXTVQA("textvqa", "TextVQA"),
  POPE("pope", "POPE"),
  MME("mme", "MME"),
  MMBENCH("mmbench", "MMBench"),
  MMBENCH_CN("mmbench-cn", "MMBench-CN"),
  SEED("seed", "SEED-Bench"),
  LLAVABENCH("llavabench", "LLaVA-Bench (in the wild)"),
  MMVET("mmvet", "MM-Vet"),
  /// The test set of the small mixture; not in the paper.
  HELD_OUT("heldout", "Held-out questions");

  /// The paper's values of a score.
  ///
  /// @param seven LLaVA-1.5 7B's
  /// @param thirteen LLaVA-1.5 13B's
  /// @param highDefinition LLaVA-1.5-HD 13B's
  public record Published(String figure, double seven, double thirteen, double highDefinition) {}

  private final String word;
  private final String title;

  TaskName(String word, String title) {
    this.word = word;
    this.title = title;
  }

  /// The twelve benchmarks of the paper.
  public static List<TaskName> ofThePaper() {
    return Arrays.stream(values()).filter(name -> name.published().isPresent()).toList();
  }

  /// The word on the command line.
  public String word() {
    return word;
  }

  /// The name in tables.
  public String title() {
    return title;
  }

  /// The paper's headline score. For POPE, which has none in the paper, it is the mean of the
  /// splits.
  public Optional<Published> published() {
    return switch (this) {
      case VQAV2 -> printed("accuracy", 78.5, 80.0, 81.8);
      case GQA -> printed("accuracy", 62.0, 63.3, 64.7);
      case VIZWIZ -> printed("accuracy", 50.0, 53.6, 57.5);
      case SCIENCEQA -> printed("IMG accuracy", 66.8, 71.6, 71.0);
      case TEXTVQA -> printed("accuracy", 58.2, 61.3, 62.5);
      case POPE -> printed("mean F1", 85.9, 85.9, 86.3);
      case MME -> printed("perception", 1510.7, 1531.3, 1500.1);
      case MMBENCH -> printed("CircularEval", 64.3, 67.7, 68.8);
      case MMBENCH_CN -> printed("CircularEval", 58.3, 63.6, 61.9);
      case SEED -> printed("all", 58.6, 61.6, 62.6);
      case LLAVABENCH -> printed("all", 65.4, 72.5, 72.0);
      case MMVET -> printed("total", 31.1, 36.1, 39.4);
      case HELD_OUT -> Optional.empty();
    };
  }

  /// Other scores in the paper, or parts of the headline score.
  public List<Published> parts() {
    return switch (this) {
      case POPE ->
          List.of(
              new Published("random F1", 87.3, 87.1, 87.5),
              new Published("popular F1", 86.1, 86.2, 86.4),
              new Published("adversarial F1", 84.2, 84.5, 85.0));
      case SEED ->
          List.of(
              new Published("image", 66.1, 68.2, 70.1), new Published("video", 37.3, 42.7, 41.3));
      default -> List.of();
    };
  }

  private static Optional<Published> printed(
      String figure, double seven, double thirteen, double highDefinition) {
    return Optional.of(new Published(figure, seven, thirteen, highDefinition));
  }

  /// The benchmark with this name.
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
