package llava4j.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import llava4j.eval.task.Stratum;
import org.junit.jupiter.api.Test;

class BootstrapTest {
  private final Bootstrap bootstrap = new Bootstrap(4000);

  @Test
  void strataGiveMeansRatiosAndSums() {
    assertThat(Stratum.mean(100, List.of(1.0, 0.0, 1.0, 1.0)).value()).isEqualTo(75);
    // two found, one missed, one wrongly found: F1 is 4 / 6
    Stratum f1 =
        new Stratum(100, List.of(2.0, 2.0, 0.0, 0.0, 0.0), List.of(2.0, 2.0, 1.0, 1.0, 0.0));
    assertThat(f1.value()).isEqualTo(400.0 / 6, within(1e-9));
    assertThat(new Stratum(100, List.of(0.0), List.of(0.0)).value()).isZero();
  }

  @Test
  void intervalIsThatOfTheNormalApproximation() {
    List<Double> coins = new ArrayList<>(Collections.nCopies(280, 1.0));
    coins.addAll(Collections.nCopies(120, 0.0));
    Bootstrap.Interval one = bootstrap.interval(List.of(Stratum.mean(100, coins)));
    double half = 100 * 1.96 * Math.sqrt(0.7 * 0.3 / 400); // 4.49
    assertThat(one.low()).isEqualTo(70 - half, within(0.6));
    assertThat(one.high()).isEqualTo(70 + half, within(0.6));
    // two of half the weight: variances add up
    Stratum part = Stratum.mean(50, coins);
    Bootstrap.Interval two = bootstrap.interval(List.of(part, part));
    assertThat(two.high() - two.low()).isEqualTo(2 * half / Math.sqrt(2), within(0.6));
    // in pairs that stand and fall together they tell as much as half as many
    Bootstrap.Interval pairs =
        bootstrap.interval(List.of(Stratum.mean(100, coins.subList(140, 340))));
    assertThat(pairs.high() - pairs.low()).isEqualTo(2 * half * Math.sqrt(2), within(0.9));
  }

  @Test
  void intervalHoldsTheTruthAboutAsOftenAsItSays() {
    SplittableRandom random = new SplittableRandom(1);
    int held = 0;
    for (int trial = 0; trial < 100; trial++) {
      Bootstrap.Interval interval =
          new Bootstrap(1000).interval(List.of(Stratum.mean(1, coins(0.7, 200, random))));
      held += interval.low() <= 0.7 && 0.7 <= interval.high() ? 1 : 0;
    }
    assertThat(held).isBetween(88, 100);
  }

  @Test
  void significanceOfFiveDifferencesIsTwoOfThirtyTwo() {
    List<Double> one = new ArrayList<>(Collections.nCopies(40, 1.0));
    List<Double> other = new ArrayList<>(one);
    for (int i = 0; i < 5; i++) {
      other.set(7 * i, 0.0);
    }
    List<Stratum> ones = List.of(Stratum.mean(100, one));
    List<Stratum> others = List.of(Stratum.mean(100, other));
    assertThat(bootstrap.pairedSignificance(ones, others)).isEqualTo(2.0 / 32, within(0.01));
    assertThat(bootstrap.pairedSignificance(others, ones)).isEqualTo(2.0 / 32, within(0.01));
    assertThat(bootstrap.pairedSignificance(ones, ones)).isEqualTo(1);
    List<Stratum> cut = List.of(Stratum.mean(100, one.subList(0, 39)));
    assertThat(Bootstrap.arePairs(ones, others)).isTrue();
    assertThat(Bootstrap.arePairs(ones, cut)).isFalse();
  }

  private static List<Double> coins(double chance, int count, SplittableRandom random) {
    List<Double> coins = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      coins.add(random.nextDouble() < chance ? 1.0 : 0.0);
    }
    return coins;
  }
}
