package llava4j.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.assertj.core.data.Offset;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The kernels between products against the formulas in double precision.
class RowKernelsTest {
  private static final Offset<Float> ROUNDING = within(2e-6f);

  /// Lengths that fill no vector, and enough rows for several threads.
  @ParameterizedTest
  @CsvSource({"1, 4096", "3, 37", "1, 5", "40, 2051"})
  void rmsNormDividesByTheRootMeanSquare(int rows, int dim) {
    float[] x = random(rows * dim, 1);
    float[] weight = random(dim, 2);
    try (Scope _ = new Scope()) {
      Tensor input = Tensors.ofFloats(x, rows, dim);
      Tensor factors = Tensors.ofFloats(weight, dim);
      Tensor output = Tensors.ofFloats(new float[rows * dim], rows, dim);
      RowKernels.rmsNorm(address(input), address(factors), 1e-5, rows, dim, address(output));
      float[] found = floats(output, rows * dim);
      for (int row = 0; row < rows; row++) {
        double squares = 1e-5;
        for (int i = 0; i < dim; i++) {
          squares += (double) x[row * dim + i] * x[row * dim + i] / dim;
        }
        for (int i = 0; i < dim; i++) {
          double right = x[row * dim + i] / Math.sqrt(squares) * weight[i];
          assertThat(found[row * dim + i]).isCloseTo((float) right, within(1e-5f));
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 128", "4, 3, 6", "32, 40, 128", "2, 5, 40"})
  void headsAreRotatedInHalves(int heads, int tokens, int headDim) {
    float[] x = random(heads * tokens * headDim, 3);
    float[] cos = random(tokens * headDim, 4);
    float[] sin = random(tokens * headDim, 5);
    try (Scope _ = new Scope()) {
      Tensor rotated = Tensors.ofFloats(x, heads, tokens, headDim);
      RowKernels.rotate(
          address(rotated),
          heads,
          tokens,
          headDim,
          address(Tensors.ofFloats(cos, tokens, headDim)),
          address(Tensors.ofFloats(sin, tokens, headDim)));
      float[] found = floats(rotated, x.length);
      int half = headDim / 2;
      for (int row = 0; row < heads * tokens; row++) {
        int angles = row % tokens * headDim;
        for (int j = 0; j < headDim; j++) {
          float other = j < half ? -x[row * headDim + j + half] : x[row * headDim + j - half];
          float right = x[row * headDim + j] * cos[angles + j] + other * sin[angles + j];
          assertThat(found[row * headDim + j]).isCloseTo(right, ROUNDING);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 11008", "3, 21", "50, 1500"})
  void swiGluMultipliesTheGateBySigmoid(int rows, int dim) {
    float[] gate = random(rows * dim, 6);
    float[] up = random(rows * dim, 7);
    gate[0] = 200;
    gate[1] = -200;
    gate[2] = 0;
    float[] found = swiGlu(gate, up, rows, dim);
    for (int i = 0; i < gate.length; i++) {
      double right = gate[i] / (1 + Math.exp(-gate[i])) * up[i];
      assertThat(found[i]).isCloseTo((float) right, within(2e-6f * (1 + (float) Math.abs(right))));
    }
  }

  /// A fault must be seen in the logits.
  @Test
  void nanStaysNan() {
    float[] gate = random(40, 8);
    gate[3] = Float.NaN;
    gate[39] = Float.NaN;
    float[] up = new float[40];
    Arrays.fill(up, 1);
    float[] found = swiGlu(gate, up, 1, 40);
    assertThat(found[3]).isNaN();
    assertThat(found[39]).isNaN();
    assertThat(found[4]).isNotNaN();
  }

  private static float[] swiGlu(float[] gate, float[] up, int rows, int dim) {
    try (Scope _ = new Scope()) {
      Tensor changed = Tensors.ofFloats(gate, rows, dim);
      RowKernels.swiGlu(address(changed), address(Tensors.ofFloats(up, rows, dim)), rows, dim);
      return floats(changed, rows * dim);
    }
  }

  private static long address(Tensor tensor) {
    return tensor.data_ptr().address();
  }

  private static float[] floats(Tensor tensor, int count) {
    float[] values = new float[count];
    tensor.data_ptr_float().get(values);
    return values;
  }

  private static float[] random(int count, int seed) {
    Random random = new Random(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
