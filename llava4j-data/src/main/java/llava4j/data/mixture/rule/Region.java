package llava4j.data.mixture.rule;

import java.util.random.RandomGenerator;

/// A part of an image and what somebody said about it.
public record Region(String phrase, PaddedBox box) {

  /// What is asked for. Each turn carries its instruction whole, and each direction is as likely.
  public enum Direction {
    /// P_region: the box is given, the phrase answers.
    DESCRIBE,
    /// P_box: the phrase is given, the box answers.
    LOCATE;

    public static Direction draw(RandomGenerator random) {
      return random.nextBoolean() ? DESCRIBE : LOCATE;
    }
  }

  public Round round(Direction direction) {
    return switch (direction) {
      case DESCRIBE -> new Round(FormatPrompt.region(box), SentenceCase.description(phrase));
      case LOCATE -> new Round(FormatPrompt.box(SentenceCase.quotedPhrase(phrase)), box.text());
    };
  }
}
