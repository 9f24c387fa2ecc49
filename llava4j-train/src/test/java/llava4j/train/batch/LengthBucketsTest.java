package llava4j.train.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Steps with samples of similar length.
class LengthBucketsTest {
  private static final int BATCH = 8;
  private static final int[] LENGTHS =
      new Random(4).ints(1003, 5, 200).map(i -> i % 7 == 0 ? -i : i).toArray();

  @Test
  void everySampleComesOnceAndTheSeedDecidesWhen() {
    int[] order = order(3);
    assertThat(Arrays.stream(order).sorted().toArray()).isEqualTo(sequence());
    assertThat(order(3)).isEqualTo(order);
    assertThat(order(4)).isNotEqualTo(order);
  }

  @Test
  void hardlyARowIsPadding() {
    int[] order = order(3);
    long longest = 0;
    long all = 0;
    long shuffled = 0;
    int[] plain = new SampleOrder.Shuffled().indices(LENGTHS, BATCH, 1, 3);
    for (int start = 0; start < order.length; start += BATCH) {
      longest += padded(order, start);
      shuffled += padded(plain, start);
    }
    for (int length : LENGTHS) {
      all += Math.abs(length);
    }
    assertThat((double) longest / all).isLessThan(1.06);
    assertThat((double) shuffled / all).isGreaterThan(1.4);
  }

  @Test
  void stepsDoNotComeByLength() {
    int[] order = order(3);
    int longer = 0;
    int steps = order.length / BATCH - 1;
    for (int step = 0; step < steps; step++) {
      longer += padded(order, step * BATCH) > padded(order, (step + 1) * BATCH) ? 1 : 0;
    }
    assertThat((double) longer / steps).isBetween(0.3, 0.7);
  }

  private static int[] order(long seed) {
    return new SampleOrder.LengthBuckets().indices(LENGTHS, BATCH, 1, seed);
  }

  private static int[] sequence() {
    return IntStream.range(0, LENGTHS.length).toArray();
  }

  /// Number of tokens of a step if all its samples are padded to the longest.
  private static int padded(int[] order, int start) {
    int end = Math.min(order.length, start + BATCH);
    int most =
        IntStream.range(start, end).map(i -> Math.abs(LENGTHS[order[i]])).max().orElseThrow();
    return most * (end - start);
  }
}
