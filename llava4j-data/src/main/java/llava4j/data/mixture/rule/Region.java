package llava4j.data.mixture.rule;

import java.util.random.RandomGenerator;

/// A region of an image and a phrase that describes it.
public record Region(String phrase, PaddedBox box) {

  /// What the question asks for; both are equally likely. Each question contains the full
  /// instruction.
  public enum Direction {
    /// P_region: the question contains the box, the answer is the phrase.
    DESCRIBE,
    /// P_box: the question contains the phrase, the answer is the box.
    LOCATE;

    /// A random direction, both equally likely.
    public static Direction draw(RandomGenerator random) {
      return random.nextBoolean() ? DESCRIBE : LOCATE;
    }
  }

  /// The question and answer in one direction.
  public Round round(Direction direction) {
    return switch (direction) {
      case DESCRIBE -> new Round(FormatPrompt.region(box), SentenceCase.description(phrase));
      case LOCATE -> new Round(FormatPrompt.box(SentenceCase.quotedPhrase(phrase)), box.text());
    };
  }
}
