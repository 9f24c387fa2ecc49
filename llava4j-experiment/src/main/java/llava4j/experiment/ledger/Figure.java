package llava4j.experiment.ledger;

import java.util.List;
import llava4j.eval.task.Stratum;

/// One measured number.
///
/// @param strata the questions that it is made of, for resampling; empty if it is not made of
///   questions
public record Figure(double value, List<Stratum> strata) {
  public Figure {
    strata = List.copyOf(strata);
  }

  /// A number that is not made of questions.
  public static Figure of(double value) {
    return new Figure(value, List.of());
  }

  /// The mean over questions, times a scale.
  public static Figure mean(double scale, List<Double> values) {
    Stratum stratum = Stratum.mean(scale, values);
    return new Figure(stratum.value(), List.of(stratum));
  }
}
