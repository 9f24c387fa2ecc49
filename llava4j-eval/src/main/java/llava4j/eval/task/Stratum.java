package llava4j.eval.task;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// Things of one kind, among which chance may draw anew: questions, or questions that stand and
/// fall together, such as both about an image. A headline figure is the sum over its strata of
/// `weight` times all parts through all wholes; that covers means, F1 and the ratio of two scores.
///
/// @param parts of each thing
/// @param wholes of each thing; ones where the stratum gives a mean
public record Stratum(double weight, List<Double> parts, List<Double> wholes) {
  public Stratum {
    parts = List.copyOf(parts);
    wholes = List.copyOf(wholes);
    if (parts.size() != wholes.size()) {
      throw new IllegalArgumentException(parts.size() + " parts of " + wholes.size() + " wholes");
    }
  }

  /// One that gives the mean of its values.
  public static Stratum mean(double weight, List<Double> values) {
    return new Stratum(weight, values, new ArrayList<>(Collections.nCopies(values.size(), 1.0)));
  }

  /// What it adds to the figure.
  public double value() {
    double whole = wholes.stream().reduce(0.0, Double::sum);
    return whole == 0 ? 0 : weight * parts.stream().reduce(0.0, Double::sum) / whole;
  }
}
