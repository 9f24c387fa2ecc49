package llava4j.eval.task;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import llava4j.error.BadInputException;

/// The benchmarks of the paper, with the scores that it printed (Tables 3 and 4, spec 7.4).
public enum TaskName {
  VQAV2("vqav2", "VQAv2 test-dev", 78.5, 80.0, 81.8),
  GQA("gqa", "GQA", 62.0, 63.3, 64.7),
  VIZWIZ("vizwiz", "VizWiz", 50.0, 53.6, 57.5),
  SCIENCEQA("scienceqa", "ScienceQA-IMG", 66.8, 71.6, 71.0),
  TEXTVQA("textvqa", "TextVQA", 58.2, 61.3, 62.5),
  POPE("pope", "POPE, mean F1", 85.9, 85.9, 86.3),
  MME("mme", "MME perception", 1510.7, 1531.3, 1500.1),
  MMBENCH("mmbench", "MMBench", 64.3, 67.7, 68.8),
  MMBENCH_CN("mmbench-cn", "MMBench-CN", 58.3, 63.6, 61.9),
  SEED("seed", "SEED-Bench", 58.6, 61.6, 62.6),
  LLAVABENCH("llavabench", "LLaVA-Bench (in the wild)", 65.4, 72.5, 72.0),
  MMVET("mmvet", "MM-Vet", 31.1, 36.1, 39.4),
  /// Of the small mixture; the paper does not know it.
  HELD_OUT("heldout", "Held-out questions", Double.NaN, Double.NaN, Double.NaN);

  private final String word;
  private final String title;
  private final double seven;
  private final double thirteen;
  private final double highDefinition;

  TaskName(String word, String title, double seven, double thirteen, double highDefinition) {
    this.word = word;
    this.title = title;
    this.seven = seven;
    this.thirteen = thirteen;
    this.highDefinition = highDefinition;
  }

  /// The twelve benchmarks of the paper.
  public static List<TaskName> ofThePaper() {
    return Arrays.stream(values()).filter(name -> !Double.isNaN(name.seven)).toList();
  }

  /// The word on the command line.
  public String word() {
    return word;
  }

  /// What tables call it.
  public String title() {
    return title;
  }

  /// LLaVA-1.5 7B's figure in the paper.
  public double paper7b() {
    return seven;
  }

  /// LLaVA-1.5 13B's figure in the paper.
  public double paper13b() {
    return thirteen;
  }

  /// LLaVA-1.5-HD 13B's figure in the paper.
  public double paperHd() {
    return highDefinition;
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
