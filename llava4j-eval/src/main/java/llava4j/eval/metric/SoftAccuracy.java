package llava4j.eval.metric;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// VQA's soft accuracy: the more people gave an answer, the more it counts (spec 7.2; `TextVQA
/// AccuracyEvaluator`). Thread-safe.
///
/// @param normalizer of the people's answers and of the model's
public record SoftAccuracy(VqaNormalizer normalizer) {
  /// Number of people's answers per question.
  public static final int PEOPLE = 10;

  private static final double ENOUGH = 3;

  /// The score of each distinct answer: the mean, over all choices of nine people, of min(1, number
  /// of them who gave this answer / 3). Keys are normalised.
  public Map<String, Double> worth(List<String> people) {
    List<String> answers = people.stream().map(normalizer::normalize).toList();
    Map<String, Integer> counts = new HashMap<>();
    answers.forEach(answer -> counts.merge(answer, 1, Integer::sum));
    Map<String, Double> worth = new HashMap<>();
    counts.forEach((answer, count) -> {
      double sum = 0;
      for (String other : answers) { // the last digit depends on this order
        int matching = other.equals(answer) ? count - 1 : count;
        sum += Math.min(1, matching / ENOUGH);
      }
      worth.put(answer, sum / answers.size());
    });
    return worth;
  }

  /// The people's answers as text, the most frequent first: `red (8), dark red (2)`.
  public static String summary(List<String> people) {
    Map<String, Integer> counts = new LinkedHashMap<>();
    people.forEach(answer -> counts.merge(answer, 1, Integer::sum));
    return counts.entrySet().stream()
        .sorted(Map.Entry.<String, Integer>comparingByValue().reversed())
        .map(entry -> entry.getKey() + " (" + entry.getValue() + ")")
        .collect(Collectors.joining(", "));
  }

  /// The score of one answer, from 0 to 1.
  public double of(String answer, List<String> people) {
    return worth(people).getOrDefault(normalizer.normalize(answer), 0.0);
  }
}
