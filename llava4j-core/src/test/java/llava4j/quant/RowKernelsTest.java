package llava4j.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import llava4j.assembly.InstructionSet;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.assertj.core.data.Offset;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The kernels between products against the formulas in double precision: those on the Vector API,
/// and those in machine code of all instruction sets that this machine has.
class RowKernelsTest {
  private static final Offset<Float> ROUNDING = within(2e-6f);

  /// Lengths that fill no vector, and enough rows for several threads.
  @ParameterizedTest
  @CsvSource({"1, 4096", "3, 37", "1, 5", "40, 2051", "50, 1552"})
  void rmsNormDividesByTheRootMeanSquare(int rows, int dim) {
    float[] x = random(rows * dim, 1);
    float[] weight = random(dim, 2);
    try (Scope _ = new Scope()) {
      Tensor input = Tensors.ofFloats(x, rows, dim);
      Tensor factors = Tensors.ofFloats(weight, dim);
      Tensor output = Tensors.ofFloats(new float[rows * dim], rows, dim);
      for (Optional<AssembledRows> kernels : kernels(dim)) {
        RowKernels.rmsNorm(
            kernels, address(input), address(factors), 1e-5, rows, dim, address(output));
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
  }

  /// A row has the same bits alone and among others; a row of zeros stays one, and NaN and infinity
  /// are seen.
  @Test
  void normsOfARowDependOnNothingElse() {
    int rows = 50;
    int dim = 1552;
    float[] x = random(rows * dim, 10);
    Arrays.fill(x, 3 * dim, 4 * dim, 0);
    x[7 * dim + 5] = Float.NaN;
    x[9 * dim + 5] = Float.POSITIVE_INFINITY;
    try (Scope _ = new Scope()) {
      long weight = address(Tensors.ofFloats(random(dim, 11), dim));
      Tensor input = Tensors.ofFloats(x, rows, dim);
      for (Optional<AssembledRows> kernels : kernels(dim)) {
        Tensor all = Tensors.ofFloats(new float[x.length], rows, dim);
        RowKernels.rmsNorm(kernels, address(input), weight, 1e-5, rows, dim, address(all));
        float[] together = floats(all, x.length);
        for (int row : new int[] {0, 3, 7, 9, 49}) {
          Tensor alone = Tensors.ofFloats(new float[dim], dim);
          long from = address(input) + (long) row * dim * Float.BYTES;
          RowKernels.rmsNorm(kernels, from, weight, 1e-5, 1, dim, address(alone));
          assertThat(floats(alone, dim))
              .isEqualTo(Arrays.copyOfRange(together, row * dim, (row + 1) * dim));
        }
        assertThat(Arrays.copyOfRange(together, 3 * dim, 4 * dim)).containsOnly(0, -0f);
        assertThat(together[7 * dim]).isNaN();
        assertThat(together[9 * dim + 5]).isNaN();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 128", "4, 3, 6", "32, 40, 128", "2, 5, 40", "8, 200, 64"})
  void headsAreRotatedInHalves(int heads, int tokens, int headDim) {
    float[] x = random(tokens * heads * headDim, 3);
    float[] cos = random(tokens * headDim, 4);
    float[] sin = random(tokens * headDim, 5);
    try (Scope _ = new Scope()) {
      for (Optional<AssembledRows> kernels : kernels(headDim)) {
        Tensor rotated = Tensors.ofFloats(new float[x.length], heads, tokens, headDim);
        RowKernels.rotate(
            kernels,
            address(Tensors.ofFloats(x, tokens, heads, headDim)),
            heads,
            tokens,
            headDim,
            address(Tensors.ofFloats(cos, tokens, headDim)),
            address(Tensors.ofFloats(sin, tokens, headDim)),
            address(rotated));
        float[] found = floats(rotated, x.length);
        int half = headDim / 2;
        for (int row = 0; row < heads * tokens; row++) {
          int token = row % tokens;
          int from = (token * heads + row / tokens) * headDim;
          for (int j = 0; j < headDim; j++) {
            float other = j < half ? -x[from + j + half] : x[from + j - half];
            int angle = token * headDim + j;
            float right = x[from + j] * cos[angle] + other * sin[angle];
            assertThat(found[row * headDim + j]).isCloseTo(right, ROUNDING);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 11008", "3, 21", "50, 1500", "40, 2048"})
  void swiGluMultipliesTheGateBySigmoid(int rows, int dim) {
    float[] gate = random(rows * dim, 6);
    float[] up = random(rows * dim, 7);
    gate[0] = 200;
    gate[1] = -200;
    gate[2] = 0;
    float[] found = swiGlu(Optional.empty(), gate, up, rows, dim);
    for (Optional<AssembledRows> kernels : kernels(dim)) {
      assertThat(swiGlu(kernels, gate, up, rows, dim)).isEqualTo(found);
    }
    for (int i = 0; i < gate.length; i++) {
      double right = gate[i] / (1 + Math.exp(-gate[i])) * up[i];
      assertThat(found[i]).isCloseTo((float) right, within(2e-6f * (1 + (float) Math.abs(right))));
    }
  }

  /// A fault must be seen in the logits.
  @Test
  void nanStaysNan() {
    for (int dim : new int[] {40, 48}) {
      float[] gate = random(dim, 8);
      gate[3] = Float.NaN;
      gate[39] = Float.NaN;
      float[] up = new float[dim];
      Arrays.fill(up, 1);
      for (Optional<AssembledRows> kernels : kernels(dim)) {
        float[] found = swiGlu(kernels, gate, up, 1, dim);
        assertThat(found[3]).isNaN();
        assertThat(found[39]).isNaN();
        assertThat(found[4]).isNotNaN();
      }
    }
  }

  /// No rows are no work.
  @Test
  void noRowsAreLeftAlone() {
    for (Optional<AssembledRows> kernels : kernels(32)) {
      RowKernels.rmsNorm(kernels, 0, 0, 1e-5, 0, 32, 0);
      RowKernels.rotate(kernels, 0, 4, 0, 32, 0, 0, 0);
      RowKernels.swiGlu(kernels, 0, 0, 0, 32);
    }
  }

  /// Infinity, NaN, numbers that only F16 has not, and such as are no normal ones.
  @Test
  void halvesAreThoseOfLibtorch() {
    float[] x = random(4096, 9);
    float[] special = {
      0, -0f, 1e-7f, -3e-8f, 65503, 65519.9f, 65520, -1e9f, Float.NaN, Float.POSITIVE_INFINITY
    };
    System.arraycopy(special, 0, x, 0, special.length);
    try (Scope _ = new Scope()) {
      Tensor wide = Tensors.ofFloats(x, x.length);
      Tensor halves = wide.to(DType.F16.scalarType());
      for (InstructionSet set : AssembledKernels.available()) {
        AttentionFunctions functions = new AttentionFunctions(set);
        Tensor found = torch.zeros_like(halves);
        long target = address(found);
        assertThat(functions.halves(address(wide), target, x.length)).isFalse();
        assertSameBits(found, halves);
        // without the first numbers, and with the largest of those that are finite
        assertThat(functions.halves(address(wide) + 16 * Float.BYTES, target, 256)).isTrue();
        assertThat(functions.halves(address(wide), target, 8)).isFalse();
        Tensor largest = Tensors.ofFloats(new float[] {0, 1, 65519.9f, 3, 4, 5, 6, 7}, 8);
        assertThat(functions.halves(address(largest), target, 8)).isTrue();
      }
      Tensor bfloats = halves.to(DType.F32.scalarType()).to(DType.BF16.scalarType());
      AssembledRows.forBfloat()
          .ifPresent(rows -> {
            Tensor found = torch.zeros_like(bfloats);
            rows.bfloats(address(halves), address(found), x.length);
            assertSameBits(found, bfloats);
          });
    }
  }

  private static void assertSameBits(Tensor found, Tensor right) {
    assertThat(found.isnan().equal(right.isnan())).isTrue();
    Tensor numbers = right.isnan().logical_not();
    assertThat(bits(found.masked_select(numbers)).equal(bits(right.masked_select(numbers))))
        .isTrue();
  }

  /// Of numbers with 16 bits: -0 is not 0.
  private static Tensor bits(Tensor numbers) {
    return numbers.view(DType.I16.scalarType());
  }

  /// The kernels for rows of some length; empty for those on the Vector API.
  private static List<Optional<AssembledRows>> kernels(int length) {
    List<Optional<AssembledRows>> kernels = new ArrayList<>(List.of(Optional.empty()));
    if (length % 16 == 0) {
      for (InstructionSet set : AssembledKernels.available()) {
        kernels.add(Optional.of(new AssembledRows(set, false)));
      }
    }
    return kernels;
  }

  private static float[] swiGlu(
      Optional<AssembledRows> kernels, float[] gate, float[] up, int rows, int dim) {
    try (Scope _ = new Scope()) {
      Tensor changed = Tensors.ofFloats(gate, rows, dim);
      RowKernels.swiGlu(
          kernels, address(changed), address(Tensors.ofFloats(up, rows, dim)), rows, dim);
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
