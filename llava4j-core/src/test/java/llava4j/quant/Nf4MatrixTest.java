package llava4j.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.IntStream;
import llava4j.model.linear.Linear;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Nf4MatrixTest {
  private static final double OFFSET = 0.9677083; // of the outermost quantile, QLoRA's appendix E

  /// A sweep of [-1, 1] comes back as the sixteen levels, which are quantiles of the normal
  /// distribution: eight above 0, seven below.
  @Test
  void levelsAreQuantilesOfTheNormalDistribution() {
    float[] sweep = new float[64 * 64];
    for (int i = 0; i < sweep.length; i++) {
      // each block reaches 1, so each scale is 1
      sweep[i] = i % 64 == 0 ? 1 : (float) (2.0 * i / (sweep.length - 1) - 1);
    }
    TreeSet<Float> found = new TreeSet<>();
    for (float value : backAgain(sweep, 64, 64)) {
      found.add(value);
    }
    double[] expected = new double[16];
    for (int i = 0; i < 8; i++) {
      expected[i] = quantile(OFFSET + i * (0.5 - OFFSET) / 8);
    }
    for (int i = 0; i < 7; i++) {
      expected[8 + i] = -quantile(OFFSET + i * (0.5 - OFFSET) / 7);
    }
    double largest = Arrays.stream(expected).max().orElseThrow();
    double[] scaled = Arrays.stream(expected).map(value -> value / largest).sorted().toArray();
    assertThat(found).hasSize(16);
    double[] levels = found.stream().mapToDouble(Float::doubleValue).toArray();
    IntStream.range(0, 16)
        .forEach(i -> assertThat(levels[i]).as("level " + i).isCloseTo(scaled[i], within(1e-5)));
  }

  @ParameterizedTest
  @CsvSource({"256, 512", "3, 50", "1, 1", "65, 257"})
  void everyWeightTakesTheNearestLevel(int rows, int columns) {
    float[] weights = normal(rows * columns);
    float[] found = backAgain(weights, rows, columns);
    for (int start = 0; start < weights.length; start += 64) {
      int end = Math.min(start + 64, weights.length);
      double scale = 0;
      for (int i = start; i < end; i++) {
        scale = Math.max(scale, Math.abs(weights[i]));
      }
      for (int i = start; i < end; i++) {
        // half the widest gap, and what the scale's own 8 bits lose
        assertThat((double) found[i])
            .as("weight " + i)
            .isCloseTo(weights[i], within(scale * (0.1521 + 0.03)));
      }
    }
  }

  @Test
  void fourBitsAndAnEighthLoseLittleOfNormalWeights() {
    int rows = 512;
    int columns = 1024;
    float[] weights = normal(rows * columns);
    float[] found = backAgain(weights, rows, columns);
    double error = 0;
    double power = 0;
    for (int i = 0; i < weights.length; i++) {
      error += Math.pow((double) weights[i] - found[i], 2);
      power += Math.pow(weights[i], 2);
    }
    assertThat(Math.sqrt(error / power)).isBetween(0.08, 0.1);
    try (Scope _ = new Scope();
        Nf4Matrix matrix =
            new Nf4Matrix(Tensors.ofFloats(weights, rows, columns), new Device.Cpu())) {
      assertThat(8.0 * matrix.bytes() / weights.length).isCloseTo(4.127, within(0.001));
    }
  }

  @Test
  void gradientsPassThroughToTheInput() {
    float[] weights = normal(40 * 96);
    try (Scope _ = new Scope();
        Nf4Matrix matrix = new Nf4Matrix(Tensors.ofFloats(weights, 40, 96), new Device.Cpu())) {
      Tensor input = Tensors.ofFloats(normal(5 * 96), 5, 96).requires_grad_(); // [5, 96]
      new Linear.Nf4(matrix, null).forward(input).sum().backward();
      float[] found = Tensors.toFloats(input.grad());
      float[] expected = Tensors.toFloats(matrix.dequantize(DType.F32).sum(0)); // [96]
      for (int i = 0; i < found.length; i++) {
        assertThat(found[i]).isCloseTo(expected[i % 96], within(1e-4f));
      }
    }
  }

  private static float[] backAgain(float[] weights, int rows, int columns) {
    try (Scope _ = new Scope();
        Nf4Matrix matrix =
            new Nf4Matrix(Tensors.ofFloats(weights, rows, columns), new Device.Cpu())) {
      return Tensors.toFloats(matrix.dequantize(DType.F32));
    }
  }

  private static float[] normal(int count) {
    SplittableRandom random = new SplittableRandom(7);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /// Where the normal distribution's integral, by the trapezoid rule, reaches a share above a half.
  private static double quantile(double share) {
    double step = 1e-5;
    double sum = 0.5;
    double x = 0;
    while (sum < share) {
      sum += step * (density(x) + density(x + step)) / 2;
      x += step;
    }
    return x;
  }

  private static double density(double x) {
    return Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
  }
}
