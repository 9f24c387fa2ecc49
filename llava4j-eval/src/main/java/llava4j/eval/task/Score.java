package llava4j.eval.task;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// What came of a benchmark.
///
/// @param name of the headline figure
/// @param value the headline figure, as the paper prints it
/// @param figures all figures, the headline included
/// @param points of each question, in order, from 0 to 1; empty where single questions have none
public record Score(
    String name, double value, SequencedMap<String, Double> figures, List<Double> points) {
  public Score {
    figures = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(figures));
    points = List.copyOf(points);
  }

  /// Of a benchmark whose only figure is the mean of its points, of 100.
  public static Score mean(String name, List<Double> points) {
    double value = 100 * points.stream().mapToDouble(Double::doubleValue).sum() / points.size();
    SequencedMap<String, Double> figures = new LinkedHashMap<>();
    figures.put(name, value);
    return new Score(name, value, figures, points);
  }
}
