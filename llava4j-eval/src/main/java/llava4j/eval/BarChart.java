package llava4j.eval;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import llava4j.data.WhitespaceWords;
import llava4j.eval.task.Answer;
import llava4j.eval.task.Task;

/// A bar chart of an HTML page: name, value and width of each bar.
final class BarChart {
  private static final double WIDEST = 24; // em
  private static final int[] WORDS = {0, 1, 2, 3, 5, 10, 20, 50, 100, 200};

  private BarChart() {}

  /// @param width in em
  record Bar(String name, String value, double width) {}

  /// One bar per score; a better score has a longer bar.
  static List<Bar> of(Task task, SequencedMap<String, Double> figures) {
    List<Bar> bars = new ArrayList<>();
    figures.forEach((name, value) ->
        bars.add(
            new Bar(
                name,
                ReportLine.number(Optional.of(value)),
                WIDEST * Math.clamp(value / task.best(name), 0, 1))));
    return bars;
  }

  /// A histogram of the answers' lengths in words.
  static List<Bar> lengths(List<Answer> answers) {
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
    List<Bar> bars = new ArrayList<>();
    counts.forEach((group, count) ->
        bars.add(new Bar(range(group), String.valueOf(count), WIDEST * count / most)));
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
