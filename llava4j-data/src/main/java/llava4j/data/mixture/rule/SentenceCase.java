package llava4j.data.mixture.rule;

import java.util.Locale;
import llava4j.data.WhitespaceWords;

/// How answers and phrases are spelled.
///
/// INFERRED from published samples: an answer or description begins with a capital and is otherwise
/// spelled as its source has it (so `calvin klein` becomes `Calvin klein`, and a name keeps its
/// capitals); a phrase inside a question about its box is in lower case throughout.
public final class SentenceCase {
  private SentenceCase() {}

  /// A short answer: its first letter is a capital.
  public static String capitalised(String text) {
    if (text.isEmpty()) {
      return text;
    }
    int first = text.codePointAt(0);
    int rest = Character.charCount(first);
    return Character.toString(Character.toTitleCase(first)) + text.substring(rest);
  }

  /// The description of a region: a capital first, a full stop last.
  public static String description(String phrase) {
    return capitalised(ended(WhitespaceWords.oneLine(phrase)));
  }

  /// A phrase in a question: lower case, a full stop last.
  public static String quotedPhrase(String phrase) {
    return ended(WhitespaceWords.oneLine(phrase).toLowerCase(Locale.ROOT));
  }

  /// Sentences that end by themselves keep their end.
  private static String ended(String text) {
    boolean ends =
        !text.isEmpty() && (text.endsWith(".") || text.endsWith("!") || text.endsWith("?"));
    return ends ? text : text + ".";
  }
}
