package llava4j.eval.metric;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llava4j.data.WhitespaceWords;

/// Finds the option in an answer to a multiple-choice question.
public final class ChoiceLetters {
  /// Any one character after the letter, as in the original.
  private static final Pattern SAID_AND_MORE =
      Pattern.compile("The answer is ([A-Z]).", Pattern.UNIX_LINES);

  private static final Pattern SAID = Pattern.compile("The answer is ([A-Z])");
  private static final Pattern LEADING =
      Pattern.compile("\\(?([A-Z])(?:[).:,].*)?", Pattern.DOTALL);

  private ChoiceLetters() {}

  /// ScienceQA's rule (`eval_science_qa.py`, spec 7.3): the text is a letter from A to E; or begins
  /// with such a letter, a period and a blank; or contains "The answer is X" and one more character
  /// exactly once.
  public static Optional<String> scienceQa(String answer) {
    if (isLetterUpTo(answer, 'E')) {
      return Optional.of(answer);
    }
    if (answer.length() >= 3
        && answer.startsWith(". ", 1)
        && isLetterUpTo(answer.substring(0, 1), 'E')) {
      return Optional.of(answer.substring(0, 1));
    }
    return saidOnce(SAID_AND_MORE, answer);
  }

  /// MMBench's rule that needs no language model: a letter; a letter followed by a bracket, period,
  /// colon or comma; "The answer is X" exactly once; the text of exactly one option. Letters
  /// without an option do not count.
  ///
  /// @param options in order, A first; null if there is no such option
  public static Optional<String> mmBench(String answer, List<String> options) {
    String text = WhitespaceWords.strip(answer);
    Matcher leading = LEADING.matcher(text);
    Optional<String> letter =
        leading.matches()
            ? Optional.of(leading.group(1)).filter(found -> has(options, found))
            : Optional.empty();
    if (letter.isPresent()) {
      return letter;
    }
    Optional<String> said = saidOnce(SAID, text).filter(found -> has(options, found));
    return said.isPresent() ? said : onlyOption(text, options);
  }

  private static Optional<String> onlyOption(String text, List<String> options) {
    String lower = text.toLowerCase(Locale.ROOT);
    String only = null;
    for (int i = 0; i < options.size(); i++) {
      String option = options.get(i);
      if (option != null && lower.contains(option.toLowerCase(Locale.ROOT))) {
        if (only != null) {
          return Optional.empty();
        }
        only = letter(i);
      }
    }
    return Optional.ofNullable(only);
  }

  private static Optional<String> saidOnce(Pattern pattern, String text) {
    List<String> said = pattern.matcher(text).results().map(found -> found.group(1)).toList();
    return said.size() == 1 ? Optional.of(said.getFirst()) : Optional.empty();
  }

  private static boolean has(List<String> options, String letter) {
    int index = letter.charAt(0) - 'A';
    return index < options.size() && options.get(index) != null;
  }

  private static boolean isLetterUpTo(String text, char last) {
    return text.length() == 1 && text.charAt(0) >= 'A' && text.charAt(0) <= last;
  }

  /// A for 0, B for 1.
  public static String letter(int index) {
    return String.valueOf((char) ('A' + index));
  }
}
