package llava4j.eval;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import llava4j.eval.task.Stratum;

/// Confidence intervals and p-values of a headline score, by resampling its questions within each
/// stratum (a bootstrap with a fixed seed).
///
/// @param draws number of resamples
public record Bootstrap(int draws) {
  private static final long SEED = 15;
  private static final double TAIL = 0.025;

  /// A 95 % confidence interval: the middle 95 % of the resampled scores.
  public record Interval(double low, double high) {}

  /// The values as arrays, because each is read a thousand times.
  private record Values(double weight, double[] parts, double[] wholes) {
    static List<Values> of(List<Stratum> strata) {
      return strata.stream()
          .map(stratum ->
              new Values(stratum.weight(), array(stratum.parts()), array(stratum.wholes())))
          .toList();
    }

    private static double[] array(List<Double> values) {
      return values.stream().mapToDouble(Double::doubleValue).toArray();
    }

    double value(double part, double whole) {
      return whole == 0 ? 0 : weight * part / whole;
    }
  }

  /// The confidence interval of one model's score.
  public Interval interval(List<Stratum> strata) {
    List<Values> all = Values.of(strata);
    double[] figures = new double[draws];
    SplittableRandom random = new SplittableRandom(SEED);
    for (int draw = 0; draw < draws; draw++) {
      for (Values values : all) {
        double part = 0;
        double whole = 0;
        for (int i = 0; i < values.parts.length; i++) {
          int drawn = random.nextInt(values.parts.length);
          part += values.parts[drawn];
          whole += values.wholes[drawn];
        }
        figures[draw] += values.value(part, whole);
      }
    }
    Arrays.sort(figures);
    return new Interval(figures[(int) (TAIL * draws)], figures[(int) ((1 - TAIL) * (draws - 1))]);
  }

  /// Whether two scores are made of the same units, so that they can be compared in pairs.
  public static boolean arePairs(List<Stratum> one, List<Stratum> other) {
    return one.stream()
        .map(stratum -> stratum.parts().size())
        .toList()
        .equals(other.stream().map(stratum -> stratum.parts().size()).toList());
  }

  /// The p-value of the difference between two models: the probability that two equally good models
  /// would differ this much. A two-sided paired permutation test: for each unit, the values of the
  /// two models are swapped at random.
  ///
  /// @param one the units of one model's score
  /// @param other the units of the other model's score
  public double pairedSignificance(List<Stratum> one, List<Stratum> other) {
    List<Values> ones = Values.of(one);
    List<Values> others = Values.of(other);
    double observed =
        one.stream().mapToDouble(Stratum::value).sum()
            - other.stream().mapToDouble(Stratum::value).sum();
    SplittableRandom random = new SplittableRandom(SEED);
    int asFar = 0;
    for (int draw = 0; draw < draws; draw++) {
      double difference = 0;
      for (int i = 0; i < ones.size(); i++) {
        difference += swapped(ones.get(i), others.get(i), random);
      }
      asFar += Math.abs(difference) >= Math.abs(observed) - 1e-9 ? 1 : 0;
    }
    return (asFar + 1.0) / (draws + 1.0);
  }

  private static double swapped(Values one, Values other, SplittableRandom random) {
    double[] part = new double[2];
    double[] whole = new double[2];
    for (int i = 0; i < one.parts.length; i++) {
      int mine = random.nextBoolean() ? 1 : 0;
      part[mine] += one.parts[i];
      whole[mine] += one.wholes[i];
      part[1 - mine] += other.parts[i];
      whole[1 - mine] += other.wholes[i];
    }
    return one.value(part[0], whole[0]) - one.value(part[1], whole[1]);
  }
}
