package llava4j.experiment.judge;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import llava4j.eval.Bootstrap;
import llava4j.eval.task.Stratum;
import llava4j.experiment.ledger.Figure;

/// 95 % intervals that know two kinds of chance: of the questions (a bootstrap in which all seeds
/// and arms get the same questions) and of the seeds (Student's t). Their half-widths are added in
/// quadrature.
public final class Statistics {
  private static final int DRAWS = 2000;
  private static final long SEED = 37;
  private static final double TAIL = 0.025;

  /// Student's t at 97.5 % for 1, 2, ... degrees of freedom; beyond them the last.
  private static final double[] STUDENT = {
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228
  };

  private Statistics() {}

  /// The mean of one arm.
  ///
  /// @param seeds one figure for each seed, at least one
  public static Estimate of(List<Figure> seeds) {
    return estimate(seeds, List.of(), 0);
  }

  /// The mean of `one - share * other`, seed by seed.
  ///
  /// @param other of the same seeds, in the same order
  public static Estimate difference(List<Figure> one, List<Figure> other, double share) {
    if (one.size() != other.size()) {
      throw new IllegalArgumentException(one.size() + " and " + other.size() + " seeds");
    }
    return estimate(one, other, share);
  }

  private static Estimate estimate(List<Figure> one, List<Figure> other, double share) {
    List<Double> values = new ArrayList<>();
    for (int i = 0; i < one.size(); i++) {
      values.add(one.get(i).value() - (other.isEmpty() ? 0 : share * other.get(i).value()));
    }
    double mean = mean(values);
    double ofSeeds = halfWidthOfSeeds(values, mean);
    List<Figure> all = new ArrayList<>(one);
    all.addAll(other);
    boolean resampled = all.stream().noneMatch(figure -> figure.strata().isEmpty()) && same(all);
    double[] around = resampled ? bootstrap(one, other, share, mean) : new double[2];
    boolean bounded = resampled || values.size() > 1;
    return new Estimate(
        mean,
        mean - Math.hypot(ofSeeds, around[0]),
        mean + Math.hypot(ofSeeds, around[1]),
        bounded,
        values);
  }

  private static double halfWidthOfSeeds(List<Double> values, double mean) {
    int count = values.size();
    if (count < 2) {
      return 0;
    }
    double squares = 0;
    for (double value : values) {
      squares += (value - mean) * (value - mean);
    }
    double student = STUDENT[Math.min(count - 1, STUDENT.length) - 1];
    return student * Math.sqrt(squares / (count - 1) / count);
  }

  /// How far the mean goes down and up when the questions are drawn anew.
  private static double[] bootstrap(
      List<Figure> one, List<Figure> other, double share, double mean) {
    SplittableRandom random = new SplittableRandom(SEED);
    double[] drawn = new double[DRAWS];
    List<Stratum> pattern = one.getFirst().strata();
    for (int draw = 0; draw < DRAWS; draw++) {
      for (int stratum = 0; stratum < pattern.size(); stratum++) {
        int[] units = new int[pattern.get(stratum).parts().size()];
        for (int i = 0; i < units.length; i++) {
          units[i] = random.nextInt(units.length);
        }
        double value = sum(one, stratum, units) / one.size();
        if (!other.isEmpty()) {
          value -= share * sum(other, stratum, units) / other.size();
        }
        drawn[draw] += value;
      }
    }
    Arrays.sort(drawn);
    return new double[] {
      Math.max(0, mean - drawn[(int) (TAIL * DRAWS)]),
      Math.max(0, drawn[(int) ((1 - TAIL) * (DRAWS - 1))] - mean)
    };
  }

  private static double sum(List<Figure> figures, int stratum, int[] units) {
    double sum = 0;
    for (Figure figure : figures) {
      Stratum one = figure.strata().get(stratum);
      double part = 0;
      double whole = 0;
      for (int unit : units) {
        part += one.parts().get(unit);
        whole += one.wholes().get(unit);
      }
      sum += whole == 0 ? 0 : one.weight() * part / whole;
    }
    return sum;
  }

  /// Whether all figures are made of the same questions.
  private static boolean same(List<Figure> figures) {
    return figures.stream()
        .allMatch(figure -> Bootstrap.arePairs(figures.getFirst().strata(), figure.strata()));
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
  }
}
