package llava4j.data.mixture.rule;

import java.util.Locale;
import llava4j.data.WhitespaceWords;

/// Capitalisation and punctuation of answers and phrases.
///
/// INFERRED from published samples: an answer or description starts with a capital letter and
/// otherwise keeps its source's spelling (so `calvin klein` becomes `Calvin klein`, and a name
/// keeps its capitals); a phrase in a question about its box is all in lower case.
public final class SentenceCase {
  private SentenceCase() {}

  /// Makes the first letter of a short answer a capital.
  public static String capitalised(String text) {
    if (text.isEmpty()) {
      return text;
    }
    int first = text.codePointAt(0);
    int rest = Character.charCount(first);
    return Character.toString(Character.toTitleCase(first)) + text.substring(rest);
  }

  /// The description of a region: starts with a capital letter, ends with a full stop.
  public static String description(String phrase) {
    return capitalised(withFullStop(WhitespaceWords.oneLine(phrase)));
  }

  /// A phrase in a question: lower case, ends with a full stop.
  public static String quotedPhrase(String phrase) {
    return withFullStop(WhitespaceWords.oneLine(phrase).toLowerCase(Locale.ROOT));
  }

  /// Adds a full stop, unless the text already ends with `.`, `!` or `?`.
  private static String withFullStop(String text) {
    boolean ends =
        !text.isEmpty() && (text.endsWith(".") || text.endsWith("!") || text.endsWith("?"));
    return ends ? text : text + ".";
  }
}
