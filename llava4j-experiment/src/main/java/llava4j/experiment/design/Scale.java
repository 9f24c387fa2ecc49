package llava4j.experiment.design;

import java.util.Arrays;
import llava4j.error.BadInputException;

/// The size of an experiment's models and data.
public enum Scale {
  /// Made-up data and a few steps: only tests the machinery.
  SMOKE("smoke"),
  /// The small mixture and a small model that is trained from random weights.
  TINY("tiny"),
  /// The paper's data and its 7B.
  SEVEN_B("7b"),
  /// The paper's data and its 13B.
  THIRTEEN_B("13b");

  private final String word;

  Scale(String word) {
    this.word = word;
  }

  /// The word on the command line.
  public String word() {
    return word;
  }

  /// Whether models are trained from random weights on the small mixture.
  public boolean isSmall() {
    return this == SMOKE || this == TINY;
  }

  /// The scale of this name.
  ///
  /// @throws BadInputException if there is none
  public static Scale of(String word) {
    return Arrays.stream(values())
        .filter(scale -> scale.word.equals(word))
        .findFirst()
        .orElseThrow(() ->
            new BadInputException(
                "unknown scale '"
                    + word
                    + "': use one of "
                    + String.join(", ", Arrays.stream(values()).map(Scale::word).toList())));
  }
}
