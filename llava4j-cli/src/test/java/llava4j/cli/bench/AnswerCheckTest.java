package llava4j.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class AnswerCheckTest {
  private static final BenchPlan PLAN = new BenchPlan(List.of(), List.of(1), 1, 1, 1, false, 42);

  @Test
  void divergenceIsThatOfTheDistributions() {
    float[] half = {1, 1};
    float[] quarter = {0, (float) Math.log(3)};
    assertThat(AnswerCheck.divergence(half, new float[] {7, 7})).isCloseTo(0, within(1e-9));
    double expected = 0.5 * Math.log(0.5 / 0.25) + 0.5 * Math.log(0.5 / 0.75);
    assertThat(AnswerCheck.divergence(half, quarter)).isCloseTo(expected, within(1e-6));
    assertThat(AnswerCheck.divergence(half, new float[3])).isInfinite();
  }

  @Test
  void theSameModelAgreesAndAnotherDoesNot() {
    AnswerCheck same = AnswerCheck.of(new Fake(1), new Fake(1), PLAN, 50);
    assertThat(same.agrees()).isTrue();
    assertThat(same.sameChoice()).isEqualTo(same.places()).isEqualTo(10);
    AnswerCheck other = AnswerCheck.of(new Fake(1), new Fake(2), PLAN, 50);
    assertThat(other.agrees()).isFalse();
    AnswerCheck broken = AnswerCheck.of(new Fake(1), new Fake(Float.NaN), PLAN, 50);
    assertThat(broken.agrees()).isFalse();
  }

  /// Logits that follow the last id.
  private record Fake(float factor) implements Engine {
    @Override
    public float[][] logits(int[] prompt, int[] following) {
      float[][] rows = new float[1 + following.length][50];
      for (int row = 0; row < rows.length; row++) {
        int last = row == 0 ? prompt[prompt.length - 1] : following[row - 1];
        for (int id = 0; id < 50; id++) {
          rows[row][id] = factor * ((id * 7 + last) % 11);
        }
      }
      return rows;
    }

    @Override
    public double load() {
      return 0;
    }

    @Override
    public double prefill(int[] ids) {
      return 0;
    }

    @Override
    public void begin(int[][] prompts, int steps) {}

    @Override
    public double decode(int steps) {
      return 0;
    }

    @Override
    public long peakBytes() {
      return 0;
    }

    @Override
    public void close() {}
  }
}
