package llava4j.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import llava4j.quant.BlockMatrix.Layout;
import llava4j.quant.BlockMatrix.Row;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The library's product against plain sums over the decoded numbers.
class QuantizedMatrixTest {

  /// Rounding an activation to 8 bits moves it by at most half of a 127th of its block's largest.
  private static final double MOST_ROUNDING = 0.5 / 127;

  @ParameterizedTest
  @CsvSource({
    "4, 32, 48, 96, 1", "4, 32, 33, 128, 5", "8, 32, 50, 64, 1", "8, 32, 7, 160, 3",
    "4, 16, 20, 256, 2", "8, 16, 20, 256, 1", "8, 16, 20, 256, 2", "4, 32, 5000, 1024, 1",
    "4, 32, 5000, 1024, 3", "8, 32, 3001, 2048, 4"
  })
  void productEqualsPlainSums(int bits, int block, int rows, int columns, int inputs) {
    Made matrix = new Made(new Layout(bits, block, false), rows, columns, 7);
    float[] x = activations(inputs, columns);
    try (Scope _ = new Scope();
        QuantizedMatrix quantized = QuantizedMatrix.of(matrix, new PackingMemory())) {
      Tensor output = quantized.multiply(Tensors.ofFloats(x, inputs, columns));
      assertThat(Tensors.shape(output)).containsExactly(inputs, rows);
      float[] found = Tensors.toFloats(output);
      Row row = new Row(matrix.layout(), columns);
      for (int r = 0; r < rows; r++) {
        matrix.read(r, row);
        for (int n = 0; n < inputs; n++) {
          compare(found[n * rows + r], row, matrix.layout(), x, n * columns, columns);
        }
      }
    }
  }

  /// Numbers at the ends of their range, where kernels of 16-bit sums overflow.
  @ParameterizedTest
  @CsvSource({"4, 127", "4, -128", "8, 127", "8, -128"})
  void largestNumbersDoNotOverflow(int bits, int number) {
    int columns = 4096;
    int clipped = bits == 4 ? Math.clamp(number, -8, 7) : number;
    Made matrix =
        new Made(new Layout(bits, 32, false), 64, columns, 1) {
          @Override
          int number(Random random) {
            return clipped;
          }
        };
    float[] x = new float[columns];
    java.util.Arrays.fill(x, 1);
    try (Scope _ = new Scope();
        QuantizedMatrix quantized = QuantizedMatrix.of(matrix, new PackingMemory())) {
      float[] found = Tensors.toFloats(quantized.multiply(Tensors.ofFloats(x, 1, columns)));
      Row row = new Row(matrix.layout(), columns);
      for (int r = 0; r < 64; r++) {
        matrix.read(r, row);
        compare(found[r], row, matrix.layout(), x, 0, columns);
      }
    }
  }

  /// One activation is a thousand times as large as the others, as Vicuna's first rows have them.
  @Test
  void massiveActivationsDisturbTheirBlockAlone() {
    int columns = 512;
    Made matrix = new Made(new Layout(4, 32, false), 64, columns, 3);
    float[] x = activations(1, columns);
    x[70] = 2000;
    try (Scope _ = new Scope();
        QuantizedMatrix quantized = QuantizedMatrix.of(matrix, new PackingMemory())) {
      float[] found = Tensors.toFloats(quantized.multiply(Tensors.ofFloats(x, 1, columns)));
      Row row = new Row(matrix.layout(), columns);
      for (int r = 0; r < 64; r++) {
        matrix.read(r, row);
        compare(found[r], row, matrix.layout(), x, 0, columns);
      }
    }
  }

  /// A Java buffer holds 2 GB, which a batch of long prompts passes.
  @Test
  void inputsThatDoNotFitIntoOneBufferAreMultipliedInTurn() {
    Made matrix = new Made(new Layout(4, 32, false), 5000, 1024, 3);
    try (Scope _ = new Scope();
        QuantizedMatrix quantized = QuantizedMatrix.of(matrix, new PackingMemory())) {
      Tensor input = Tensors.ofFloats(activations(7, 1024), 7, 1024);
      assertThat(Tensors.toFloats(quantized.multiply(input, 3)))
          .containsExactly(Tensors.toFloats(quantized.multiply(input)));
    }
  }

  @Test
  void scalesThatAreNoNumbersAreRefused() {
    Made matrix =
        new Made(new Layout(4, 32, false), 8, 64, 1) {
          @Override
          float scale(Random random) {
            return Float.NaN;
          }
        };
    assertThatThrownBy(() -> QuantizedMatrix.of(matrix, new PackingMemory()))
        .isInstanceOf(ArithmeticException.class);
  }

  private static void compare(
      float found, Row row, Layout layout, float[] x, int from, int columns) {
    double sum = 0;
    double most = 1e-3;
    for (int first = 0; first < columns; first += layout.blockValues()) {
      double largest = 0;
      double weights = 0;
      for (int i = first; i < first + layout.blockValues(); i++) {
        float weight = row.value(layout, i);
        sum += (double) weight * x[from + i];
        largest = Math.max(largest, Math.abs(x[from + i]));
        weights += Math.abs(weight);
      }
      most += largest * weights * MOST_ROUNDING;
    }
    assertThat(Math.abs(found - sum)).as("error").isLessThanOrEqualTo(most);
  }

  private static float[] activations(int inputs, int columns) {
    Random random = new Random(5);
    float[] x = new float[inputs * columns];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian();
    }
    return x;
  }

  /// A matrix of random numbers, made row by row.
  private static class Made implements BlockMatrix {
    private final Layout layout;
    private final long rows;
    private final long columns;
    private final long seed;

    Made(Layout layout, long rows, long columns, long seed) {
      this.layout = layout;
      this.rows = rows;
      this.columns = columns;
      this.seed = seed;
    }

    int number(Random random) {
      return random.nextInt(1 << layout.bits()) - (1 << (layout.bits() - 1));
    }

    float scale(Random random) {
      return 0.01f + random.nextFloat() * 0.01f;
    }

    @Override
    public long rows() {
      return rows;
    }

    @Override
    public long columns() {
      return columns;
    }

    @Override
    public Layout layout() {
      return layout;
    }

    @Override
    public void read(long row, Row into) {
      Random random = new Random(seed * 1_000_003 + row);
      for (int i = 0; i < into.scales.length; i++) {
        into.scales[i] = scale(random);
      }
      for (int i = 0; i < into.packed.length; i++) {
        into.packed[i] =
            layout.bits() == 8
                ? (byte) (number(random) + 128)
                : (byte) (number(random) + 8 | (number(random) + 8) << 4);
      }
    }
  }
}
