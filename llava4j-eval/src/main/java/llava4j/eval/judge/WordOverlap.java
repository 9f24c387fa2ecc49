package llava4j.eval.judge;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import llava4j.data.WhitespaceWords;
import llava4j.eval.task.Answer;
import llava4j.eval.task.Question;
import llava4j.eval.task.Score;

/// A substitute if there is no judge: the word overlap of an answer with the reference (F1 of the
/// words, in percent). It shows whether something is broken, but it cannot be compared with a
/// published score; its name says so.
public final class WordOverlap {
  /// Name of the headline score.
  public static final String NAME = "word overlap (no judge, not comparable)";

  private WordOverlap() {}

  /// @param references one reference per answer
  public static Score score(
      List<Question> questions, List<Answer> answers, List<String> references) {
    List<Double> points = new ArrayList<>();
    Map<String, List<Double>> groups = new TreeMap<>();
    for (int i = 0; i < answers.size(); i++) {
      double point = f1(answers.get(i).text(), references.get(i));
      points.add(point);
      groups.computeIfAbsent(questions.get(i).category(), _ -> new ArrayList<>()).add(point);
    }
    SequencedMap<String, Double> figures = new LinkedHashMap<>();
    figures.put(NAME, 100 * mean(points));
    groups.forEach((category, each) -> figures.put(NAME + ", " + category, 100 * mean(each)));
    return new Score(NAME, figures.get(NAME), figures, points);
  }

  /// From 0 to 1.
  static double f1(String answer, String reference) {
    Map<String, Integer> wanted = new HashMap<>();
    List<String> referenceWords = words(reference);
    referenceWords.forEach(word -> wanted.merge(word, 1, Integer::sum));
    List<String> said = words(answer);
    int shared = 0;
    for (String word : said) {
      if (wanted.merge(word, -1, Integer::sum) >= 0) {
        shared++;
      }
    }
    int all = said.size() + referenceWords.size();
    return all == 0 ? 1 : 2.0 * shared / all;
  }

  private static List<String> words(String text) {
    return WhitespaceWords.split(text.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}]+", " "));
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).average().orElse(0);
  }
}
