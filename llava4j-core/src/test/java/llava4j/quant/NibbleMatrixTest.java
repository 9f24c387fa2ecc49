package llava4j.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import java.util.Random;
import llava4j.quant.BlockMatrix.Layout;
import llava4j.quant.BlockMatrix.Row;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.NibbleMatMul;
import llava4j.tensor.PlainGpuOperators;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// What runs on a GPU, by the operators' twins for a processor and by loops with the shapes of a
/// GPU: products against plain sums over the decoded numbers.
class NibbleMatrixTest {
  /// Rounding to bf16 of weights, scales and activations: that of most sums, in units of the root
  /// of the sum of squared products.
  private static final double NOISE = 0.02;

  /// Of the sum itself.
  private static final double ROUNDING = 1.0 / 256;

  enum Operators {
    /// libtorch's, for a processor.
    TWIN,
    /// Plain loops with the shapes of a GPU's.
    GPU;

    NibbleMatMul matMul() {
      return switch (this) {
        case TWIN -> NibbleMatMul.on(new Device.Cpu());
        case GPU -> PlainGpuOperators.matMul();
      };
    }
  }

  /// A few rows by the operator, many by the widened matrix; heights that fill no tile.
  @ParameterizedTest
  @CsvSource({
    "TWIN, 4, 32, false, 64, 32, 1",
    "TWIN, 4, 32, true, 64, 128, 3",
    "TWIN, 4, 32, false, 1, 96, 2",
    "TWIN, 4, 64, true, 33, 192, 5",
    "TWIN, 4, 32, false, 100, 160, 255",
    "TWIN, 4, 32, true, 100, 160, 256",
    "TWIN, 8, 32, false, 64, 32, 1",
    "TWIN, 8, 32, true, 7, 160, 3",
    "TWIN, 8, 128, false, 130, 256, 4",
    "TWIN, 8, 32, false, 65, 96, 255",
    "TWIN, 8, 32, true, 65, 96, 300",
    "TWIN, 8, 32, false, 9000, 2048, 257",
    "GPU, 4, 32, false, 64, 32, 1",
    "GPU, 4, 32, true, 64, 128, 3",
    "GPU, 4, 32, false, 1, 96, 2",
    "GPU, 4, 64, true, 33, 192, 5",
    "GPU, 4, 32, false, 100, 160, 255",
    "GPU, 4, 32, true, 100, 160, 256",
    "GPU, 8, 32, false, 64, 32, 1",
    "GPU, 8, 32, true, 7, 160, 3",
    "GPU, 8, 128, false, 130, 256, 4",
    "GPU, 8, 32, false, 65, 96, 255",
    "GPU, 8, 32, true, 65, 96, 300",
    "GPU, 8, 32, true, 20, 448, 300",
    "GPU, 4, 32, false, 20, 64, 300"
  })
  void productEqualsPlainSums(
      Operators operators,
      int bits,
      int block,
      boolean minimums,
      int rows,
      int columns,
      int inputs) {
    Made matrix = new Made(new Layout(bits, block, minimums), rows, columns, false);
    float[] x = new float[inputs * columns];
    Random random = new Random(3);
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian();
    }
    try (Scope _ = new Scope();
        NibbleMatrix packed = NibbleMatrix.of(matrix, operators.matMul())) {
      Tensor output = packed.multiply(Tensors.ofFloats(x, inputs, columns));
      assertThat(Tensors.shape(output)).containsExactly(inputs, rows);
      float[] found = Tensors.toFloats(output);
      Row row = new Row(matrix.layout(), columns);
      for (int r = 0; r < rows; r += rows > 1000 ? 701 : 1) {
        matrix.read(r, row);
        for (int n = 0; n < inputs; n++) {
          double sum = 0;
          double squares = 0;
          for (int i = 0; i < columns; i++) {
            double term = (double) row.value(matrix.layout(), i) * x[n * columns + i];
            sum += term;
            squares += term * term;
          }
          assertThat((double) found[n * rows + r])
              .as("row %d, input %d", r, n)
              .isCloseTo(sum, offset(NOISE * Math.sqrt(squares) + ROUNDING * Math.abs(sum)));
        }
      }
    }
  }

  /// With scales of powers of two every number is one of bf16, and each comes out where it is: for
  /// fewer rows than are widened, and for more.
  @ParameterizedTest
  @CsvSource({
    "TWIN, 4, false, 33, 96", "GPU, 4, false, 33, 96",
    "TWIN, 4, true, 64, 160", "GPU, 4, true, 64, 160",
    "TWIN, 8, false, 100, 96", "GPU, 8, false, 100, 96",
    "TWIN, 8, false, 2, 224", "GPU, 8, false, 2, 224",
    "TWIN, 4, false, 33, 288", "GPU, 4, false, 33, 288",
    "TWIN, 4, true, 64, 256", "GPU, 4, true, 64, 256",
    "TWIN, 8, false, 100, 320", "GPU, 8, false, 100, 320",
    "TWIN, 8, false, 9, 512", "GPU, 8, false, 9, 512"
  })
  void everyNumberIsInItsPlace(
      Operators operators, int bits, boolean minimums, int rows, int columns) {
    Made matrix = new Made(new Layout(bits, 32, minimums), rows, columns, true);
    try (Scope _ = new Scope();
        NibbleMatrix packed = NibbleMatrix.of(matrix, operators.matMul())) {
      Tensor ones = torch.eye(columns, Tensors.options(DType.F32)); // [columns, columns]
      float[] found = Tensors.toFloats(packed.multiply(ones)); // [columns, rows]
      Row row = new Row(matrix.layout(), columns);
      for (int r = 0; r < rows; r++) {
        matrix.read(r, row);
        for (int i = 0; i < columns; i++) {
          assertThat(found[i * rows + r])
              .as("row %d, column %d", r, i)
              .isEqualTo(row.value(matrix.layout(), i));
        }
      }
    }
  }

  /// As on a GPU, whose activations are bf16.
  @ParameterizedTest
  @EnumSource
  void theProductHasTheTypeOfItsInput(Operators operators) {
    Made matrix = new Made(new Layout(8, 32, false), 40, 64, false);
    try (Scope _ = new Scope();
        NibbleMatrix packed = NibbleMatrix.of(matrix, operators.matMul())) {
      for (int inputs : new int[] {1, 300}) {
        Tensor wide = torch.ones(new long[] {inputs, 64}, Tensors.options(DType.F32));
        Tensor product = packed.multiply(wide.to(DType.BF16.scalarType()));
        assertThat(Tensors.type(product)).isEqualTo(DType.BF16);
        assertThat(product.is_contiguous()).isTrue();
        assertThat(Tensors.toFloats(product)).isEqualTo(Tensors.toFloats(packed.multiply(wide)));
      }
    }
  }

  @Test
  void aRowsBitsDoNotDependOnTheOthers() {
    Made matrix = new Made(new Layout(4, 32, false), 70, 128, false);
    try (Scope _ = new Scope();
        NibbleMatrix packed = NibbleMatrix.of(matrix, Operators.TWIN.matMul())) {
      Tensor rows = torch.randn(9, 128);
      Tensor together = packed.multiply(rows);
      for (long i = 0; i < 9; i++) {
        Tensor alone = packed.multiply(rows.narrow(0, i, 1).contiguous());
        assertThat(together.narrow(0, i, 1).equal(alone)).isTrue();
      }
    }
  }

  @Test
  void theBytesThatAreCountedAreThoseOfThePackedMatrix() {
    for (Layout layout : new Layout[] {new Layout(4, 32, false), new Layout(8, 32, true)}) {
      Made matrix = new Made(layout, 100, 96, false);
      assertThat(BlockKernel.NIBBLES.bytes(layout, 100, 96))
          .as("rows are filled up to 128; 10 bits for a number of 8, 5 for one of 4")
          .isEqualTo(128 * 96 * layout.bits() / 4 * 5 / 8);
      try (NibbleMatrix packed = NibbleMatrix.of(matrix, Operators.TWIN.matMul())) {
        assertThat(packed.bytes()).isLessThanOrEqualTo(BlockKernel.NIBBLES.bytes(layout, 100, 96));
      }
    }
  }

  @Test
  void whatItCannotKeepIsRefused() {
    assertThat(BlockKernel.NIBBLES.takes(new Layout(8, 16, false))).isFalse();
    assertThat(BlockKernel.NIBBLES.takes(new Layout(4, 64, true))).isTrue();
    assertThatThrownBy(() ->
            NibbleMatrix.of(
                new Made(new Layout(8, 16, false), 32, 256, false), Operators.TWIN.matMul()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("blocks of 16");
    assertThatThrownBy(() -> NibbleMatrix.of(new Infinite(), Operators.TWIN.matMul()))
        .isInstanceOf(ArithmeticException.class)
        .hasMessage("NaN or infinity");
  }

  /// Random numbers.
  ///
  /// @param exact whether scales are powers of two, and minimums small multiples of them
  private record Made(Layout layout, long rows, long columns, boolean exact)
      implements BlockMatrix {
    @Override
    public void read(long row, Row into) {
      Random random = new Random(row);
      random.nextBytes(into.packed);
      for (int block = 0; block < into.scales.length; block++) {
        into.scales[block] =
            exact ? Math.scalb(1f, random.nextInt(9) - 4) : 0.01f + random.nextFloat();
        if (layout.hasMinimums()) {
          into.minimums[block] =
              into.scales[block] * (exact ? random.nextInt(9) - 4 : 4 * random.nextFloat() - 2);
        }
      }
    }
  }

  /// A block's scale is infinite.
  private record Infinite() implements BlockMatrix {
    @Override
    public long rows() {
      return 32;
    }

    @Override
    public long columns() {
      return 64;
    }

    @Override
    public Layout layout() {
      return new Layout(4, 32, false);
    }

    @Override
    public void read(long row, Row into) {
      into.scales[1] = row == 20 ? Float.POSITIVE_INFINITY : 1;
    }
  }
}
