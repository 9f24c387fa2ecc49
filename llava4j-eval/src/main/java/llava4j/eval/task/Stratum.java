package llava4j.eval.task;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// Units of one kind that are resampled together: questions, or groups of questions that are scored
/// together, such as the two questions about one image. A headline score is the sum over its strata
/// of `weight` times the sum of the parts divided by the sum of the wholes; this covers means, F1
/// and the ratio of two scores.
///
/// @param parts the numerator of each unit
/// @param wholes the denominator of each unit; ones if the stratum is a mean
public record Stratum(double weight, List<Double> parts, List<Double> wholes) {
  public Stratum {
    parts = List.copyOf(parts);
    wholes = List.copyOf(wholes);
    if (parts.size() != wholes.size()) {
      throw new IllegalArgumentException(parts.size() + " parts of " + wholes.size() + " wholes");
    }
  }

  /// A stratum that is the mean of its values.
  public static Stratum mean(double weight, List<Double> values) {
    return new Stratum(weight, values, new ArrayList<>(Collections.nCopies(values.size(), 1.0)));
  }

  /// Its contribution to the score.
  public double value() {
    double whole = wholes.stream().reduce(0.0, Double::sum);
    return whole == 0 ? 0 : weight * parts.stream().reduce(0.0, Double::sum) / whole;
  }
}
