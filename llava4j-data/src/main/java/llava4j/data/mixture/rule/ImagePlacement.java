package llava4j.data.mixture.rule;

import java.util.random.RandomGenerator;

/// Where the placeholder of the image stands in the first question, on a line of its own. The
/// published mixture has both; that each is as likely is INFERRED.
public enum ImagePlacement {
  FIRST,
  LAST;

  /// What stands for the image.
  public static final String PLACEHOLDER = "<image>";

  /// The question with the placeholder.
  public String place(String question) {
    return switch (this) {
      case FIRST -> PLACEHOLDER + "\n" + question;
      case LAST -> question + "\n" + PLACEHOLDER;
    };
  }

  public static ImagePlacement draw(RandomGenerator random) {
    return random.nextBoolean() ? FIRST : LAST;
  }

  /// How often the placeholder stands in a text.
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
