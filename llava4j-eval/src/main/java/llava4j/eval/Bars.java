package llava4j.eval;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.DoubleFunction;
import llava4j.data.WhitespaceWords;
import llava4j.eval.task.Answer;

/// Bars of a page: name, value, width.
final class Bars {
  private static final double WIDEST = 24; // em
  private static final int[] WORDS = {0, 1, 2, 3, 5, 10, 20, 50, 100, 200};

  private Bars() {}

  /// One bar for each figure, the largest the widest.
  static List<Map<String, Object>> of(
      SequencedMap<String, Double> figures, DoubleFunction<String> text) {
    double largest =
        Math.max(1e-9, figures.values().stream().mapToDouble(Double::doubleValue).max().orElse(1));
    List<Map<String, Object>> bars = new ArrayList<>();
    figures.forEach((name, value) ->
        bars.add(
            Map.of(
                "name", name,
                "value", text.apply(value),
                "width", Math.max(0, WIDEST * value / largest))));
    return bars;
  }

  /// How many answers have how many words.
  static List<Map<String, Object>> lengths(List<Answer> answers) {
    TreeMap<Integer, Integer> counts = new TreeMap<>();
    for (Answer answer : answers) {
      int words = WhitespaceWords.count(answer.text());
      int group = 0;
      while (group + 1 < WORDS.length && WORDS[group + 1] <= words) {
        group++;
      }
      counts.merge(group, 1, Integer::sum);
    }
    int most = counts.values().stream().mapToInt(Integer::intValue).max().orElse(1);
    List<Map<String, Object>> bars = new ArrayList<>();
    counts.forEach((group, count) ->
        bars.add(
            Map.of(
                "name", range(group),
                "value", String.valueOf(count),
                "width", WIDEST * count / most)));
    return bars;
  }

  private static String range(int group) {
    if (group == WORDS.length - 1) {
      return WORDS[group] + " and more";
    }
    int last = WORDS[group + 1] - 1;
    return last == WORDS[group] ? String.valueOf(last) : WORDS[group] + " to " + last;
  }
}
