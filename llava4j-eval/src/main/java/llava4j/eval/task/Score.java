package llava4j.eval.task;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// The score of a benchmark.
///
/// @param name of the headline score
/// @param value the headline score, with the paper's scale
/// @param figures all scores, including the headline score
/// @param points of each question, in order, from 0 to 1; empty if single questions have no points
/// @param strata the units of the headline score, for resampling
public record Score(
    String name,
    double value,
    SequencedMap<String, Double> figures,
    List<Double> points,
    List<Stratum> strata) {
  public Score {
    figures = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(figures));
    points = List.copyOf(points);
    strata = List.copyOf(strata);
  }

  /// A score whose headline is the mean of the points, in percent.
  public Score(
      String name, double value, SequencedMap<String, Double> figures, List<Double> points) {
    this(name, value, figures, points, List.of(Stratum.mean(100, points)));
  }

  /// The score of a benchmark whose only score is the mean of the points, in percent.
  public static Score mean(String name, List<Double> points) {
    double value = 100 * points.stream().mapToDouble(Double::doubleValue).sum() / points.size();
    SequencedMap<String, Double> figures = new LinkedHashMap<>();
    figures.put(name, value);
    return new Score(name, value, figures, points);
  }
}
