package llava4j.eval.metric;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llava4j.data.WhitespaceWords;

/// Normalises short answers as VQA's servers do before comparing them (`EvalAIAnswerProcessor`,
/// spec 7.2), including the original's mistakes, because they change the official scores.
/// Thread-safe.
public final class VqaNormalizer {
  private static final String PUNCTUATION = ";/[]\"{}()=+\\_-><@`,?!";
  private static final Pattern COMMA_IN_NUMBER = Pattern.compile("(?<=\\p{Nd}),+(?=\\p{Nd})");
  private static final Pattern PERIOD = Pattern.compile("\\.(?!\\p{Nd})");

  /// The original passes a flag where the count should be.
  private static final int MOST_PERIODS = 32;

  private static final Set<String> ARTICLES = Set.of("a", "an", "the");
  private static final Map<String, String> NUMBERS = numbers();

  private final Map<String, String> contractions = Contractions.table();

  /// All steps.
  public String normalize(String answer) {
    String text = splitPossessive(answer).replace('\n', ' ').replace('\t', ' ');
    return withoutArticles(withoutPunctuation(WhitespaceWords.strip(text)));
  }

  /// Step 1: lower case, no commas and question marks, a blank before `'s`.
  String splitPossessive(String text) {
    return WhitespaceWords.strip(
        text.toLowerCase(Locale.ROOT).replace(",", "").replace("?", "").replace("'s", " 's"));
  }

  /// Steps 3 and 4: a punctuation mark that is next to a blank somewhere in the text is removed;
  /// any other one is replaced by a blank.
  String withoutPunctuation(String text) {
    boolean commaInNumber = COMMA_IN_NUMBER.matcher(text).find();
    String out = text;
    for (int i = 0; i < PUNCTUATION.length(); i++) {
      String mark = PUNCTUATION.substring(i, i + 1);
      boolean besideBlank = text.contains(mark + " ") || text.contains(" " + mark);
      out = out.replace(mark, besideBlank || commaInNumber ? "" : " ");
    }
    Matcher periods = PERIOD.matcher(out);
    StringBuilder kept = new StringBuilder();
    int end = 0;
    for (int found = 0; found < MOST_PERIODS && periods.find(); found++) {
      kept.append(out, end, periods.start());
      end = periods.end();
    }
    return kept.append(out, end, out.length()).toString();
  }

  /// Step 5: number words become digits, articles are removed, contractions get their apostrophes.
  String withoutArticles(String text) {
    List<String> words =
        WhitespaceWords.split(text.toLowerCase(Locale.ROOT)).stream()
            .map(word -> NUMBERS.getOrDefault(word, word))
            .filter(word -> !ARTICLES.contains(word))
            .map(word -> contractions.getOrDefault(word, word))
            .toList();
    return String.join(" ", words);
  }

  private static Map<String, String> numbers() {
    Map<String, String> numbers = new HashMap<>();
    List<String> words =
        List.of(
            "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten");
    for (int i = 0; i < words.size(); i++) {
      numbers.put(words.get(i), String.valueOf(i));
    }
    numbers.put("none", "0");
    return Map.copyOf(numbers);
  }
}
