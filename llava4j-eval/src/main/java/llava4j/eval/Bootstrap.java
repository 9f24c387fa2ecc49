package llava4j.eval;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/// How sure a mean is, by drawing questions anew with a fixed seed.
///
/// @param draws how often
public record Bootstrap(int draws) {
  private static final long SEED = 15;
  private static final double TAIL = 0.025;

  /// The middle 95 % of the means.
  public record Interval(double low, double high) {}

  /// Of one model's points.
  public Interval interval(List<Double> points) {
    double[] values = points.stream().mapToDouble(Double::doubleValue).toArray();
    double[] means = new double[draws];
    SplittableRandom random = new SplittableRandom(SEED);
    for (int draw = 0; draw < draws; draw++) {
      double sum = 0;
      for (int i = 0; i < values.length; i++) {
        sum += values[random.nextInt(values.length)];
      }
      means[draw] = sum / values.length;
    }
    Arrays.sort(means);
    return new Interval(means[(int) (TAIL * draws)], means[(int) ((1 - TAIL) * (draws - 1))]);
  }

  /// Probability that two models that are equally good would differ this much: signs of the
  /// questions' differences are drawn anew (a permutation test for pairs, two-sided).
  ///
  /// @param one points of a model
  /// @param other of another one to the same questions
  public double pairedSignificance(List<Double> one, List<Double> other) {
    double[] differences = new double[one.size()];
    double observed = 0;
    for (int i = 0; i < differences.length; i++) {
      differences[i] = one.get(i) - other.get(i);
      observed += differences[i];
    }
    SplittableRandom random = new SplittableRandom(SEED);
    int asFar = 0;
    for (int draw = 0; draw < draws; draw++) {
      double sum = 0;
      for (double difference : differences) {
        sum += random.nextBoolean() ? difference : -difference;
      }
      asFar += Math.abs(sum) >= Math.abs(observed) - 1e-12 ? 1 : 0;
    }
    return (asFar + 1.0) / (draws + 1.0);
  }
}
