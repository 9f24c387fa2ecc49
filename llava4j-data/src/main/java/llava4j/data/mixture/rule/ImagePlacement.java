package llava4j.data.mixture.rule;

import java.util.random.RandomGenerator;

/// The position of the image placeholder in the first question: before or after it, on a line of
/// its own. The published mixture has both; that both are equally likely is INFERRED.
public enum ImagePlacement {
  FIRST,
  LAST;

  /// The placeholder of the image.
  public static final String PLACEHOLDER = "<image>";

  /// The question with the placeholder.
  public String place(String question) {
    return switch (this) {
      case FIRST -> PLACEHOLDER + "\n" + question;
      case LAST -> question + "\n" + PLACEHOLDER;
    };
  }

  /// A random position, both equally likely.
  public static ImagePlacement draw(RandomGenerator random) {
    return random.nextBoolean() ? FIRST : LAST;
  }

  /// Number of placeholders in a text.
  public static int count(String text) {
    int count = 0;
    int at = text.indexOf(PLACEHOLDER);
    while (at >= 0) {
      count++;
      at = text.indexOf(PLACEHOLDER, at + PLACEHOLDER.length());
    }
    return count;
  }
}
