package llava4j.model.linear;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import llava4j.checkpoint.gguf.RowQuantizer;
import llava4j.error.BadInputException;
import llava4j.quant.BlockKernel;
import llava4j.quant.BlockMatrix;
import llava4j.quant.BlockNarrower;
import llava4j.quant.BlockWidener;
import llava4j.quant.PackingMemory;
import llava4j.quant.QuantizedMatrix;
import llava4j.tensor.ByteMatMul;
import llava4j.tensor.DType;
import llava4j.tensor.OneDnnLinear;
import llava4j.tensor.Processor;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Products in integers against the decoded numbers multiplied in fp32. Processors without VNNI
/// must refuse the mode, and have nothing to compare.
class IntegerProductsTest {
  private static final double NOISE = 0.02;

  @Test
  void theModeIsOnlyWhereSumsAreExact() {
    try (WideTiles tiles = new WideTiles()) {
      if (ByteMatMul.isFast()) {
        assertThat(integers(tiles)).isInstanceOf(IntegerProducts.class);
      } else {
        assertThat(Processor.ofThisMachine().flags()).doesNotContain("avx512_vnni", "amx_int8");
        assertThatThrownBy(() -> integers(tiles))
            .isInstanceOf(BadInputException.class)
            .hasMessageContaining("needs a processor with avx512_vnni");
      }
    }
  }

  /// Sums of the largest numbers overflow 16 bits, and no length here fills vectors.
  @ParameterizedTest
  @CsvSource({"127, 127", "-127, 127", "-128, -128", "127, -128"})
  void theLargestNumbersAreAddedExactly(long number, long weight) {
    if (!ByteMatMul.isFast()) {
      return;
    }
    try (Scope _ = new Scope()) {
      Tensor sums = full(DType.I32, 0, 3, 19);
      ByteMatMul.find()
          .orElseThrow()
          .multiply(full(DType.I8, number, 3, 11007), full(DType.I8, weight, 19, 11007), sums);
      assertThat(sums.equal(full(DType.I32, number * weight * 11007, 3, 19))).isTrue();
    }
  }

  /// The second case needs three tiles and a last part that is not full; the third splits the
  /// inputs.
  @ParameterizedTest
  @CsvSource({"4, 100, 96, 5", "4, 5003, 4096, 60", "8, 64, 128, 4100", "8, 700, 96, 50"})
  void productsAreThoseOfTheDecodedNumbers(int bits, int rows, int columns, int inputs) {
    if (!ByteMatMul.isFast()) {
      return;
    }
    try (Scope _ = new Scope();
        WideTiles tiles = new WideTiles()) {
      torch.manual_seed(1);
      BlockMatrix matrix = RowQuantizer.of(torch.randn(rows, columns), bits);
      Tensor input = torch.randn(inputs, columns); // [inputs, columns]
      Tensor found =
          integers(tiles).multiply(matrix, IntegerProductsTest::notNeeded, input); // [inputs, rows]
      assertThat(Tensors.shape(found)).containsExactly(inputs, rows);
      assertThat(apart(found, exact(matrix, input))).isBetween(1e-4, NOISE);
    }
  }

  /// Panels, whose bytes are written by columns: one row, parts of panels, several tiles.
  @ParameterizedTest
  @CsvSource({"1, 64, 33", "31, 96, 40", "33, 4096, 64", "1025, 96, 700", "5003, 128, 2049"})
  void panelsToo(int rows, int columns, int inputs) {
    if (!ByteMatMul.isFast()) {
      return;
    }
    try (Scope _ = new Scope();
        WideTiles tiles = new WideTiles();
        QuantizedMatrix packed =
            QuantizedMatrix.of(
                RowQuantizer.of(torch.randn(rows, columns), 4),
                new PackingMemory(),
                BlockKernel.PANELS)) {
      BlockMatrix matrix = packed.numbers().orElseThrow();
      assertThat(BlockNarrower.isByColumns(matrix)).isTrue();
      Tensor input = torch.randn(inputs, columns); // [inputs, columns]
      Tensor found =
          integers(tiles).multiply(matrix, IntegerProductsTest::notNeeded, input); // [inputs, rows]
      assertThat(Tensors.shape(found)).containsExactly(inputs, rows);
      assertThat(apart(found, exact(matrix, input))).isBetween(1e-4, NOISE);
    }
  }

  @Test
  void oneHugeNumberHarmsNoToken() {
    if (!ByteMatMul.isFast()) {
      return;
    }
    try (Scope _ = new Scope();
        WideTiles tiles = new WideTiles()) {
      torch.manual_seed(2);
      BlockMatrix matrix = RowQuantizer.of(torch.randn(300, 512), 4);
      Tensor input = torch.randn(40, 512); // [40, 512]
      Tensor _ = input.select(0, 7).narrow(0, 100, 1).fill_(new Scalar(2000));
      Tensor exact = exact(matrix, input); // [40, 300]
      Tensor found =
          integers(tiles).multiply(matrix, rows -> exact(matrix, rows), input); // [40, 300]
      assertThat(apart(found.select(0, 7), exact.select(0, 7))).isLessThan(1e-5);
      assertThat(apart(found.narrow(0, 0, 7), exact.narrow(0, 0, 7))).isBetween(1e-4, NOISE);
      assertThat(apart(found.narrow(0, 8, 32), exact.narrow(0, 8, 32))).isBetween(1e-4, NOISE);
    }
  }

  @Test
  void manyUnevenTokensAreNotRoundedWithOneScale() {
    if (!ByteMatMul.isFast()) {
      return;
    }
    try (Scope _ = new Scope();
        WideTiles tiles = new WideTiles()) {
      BlockMatrix matrix = RowQuantizer.of(torch.randn(300, 512), 4);
      Tensor input = torch.randn(40, 512); // [40, 512]
      Tensor _ = input.narrow(0, 0, 20).narrow(1, 100, 1).fill_(new Scalar(2000));
      IntegerProducts alone =
          new IntegerProducts(
              new ByteProducts(ByteMatMul.find().orElseThrow(), tiles), Optional.empty(), 2);
      Tensor exact = exact(matrix, input); // [40, 300]
      assertThat(alone.multiply(matrix, rows -> exact(matrix, rows), input).equal(exact)).isTrue();
      Tensor found =
          integers(tiles).multiply(matrix, rows -> exact(matrix, rows), input); // [40, 300]
      assertThat(apart(found, exact)).isLessThan(NOISE);
    }
  }

  @Test
  void notANumberStaysNone() {
    if (!ByteMatMul.isFast()) {
      return;
    }
    try (Scope _ = new Scope();
        WideTiles tiles = new WideTiles()) {
      BlockMatrix matrix = RowQuantizer.of(torch.randn(70, 64), 8);
      Tensor input = torch.randn(20, 64); // [20, 64]
      Tensor _ = input.select(0, 3).narrow(0, 5, 1).fill_(new Scalar(Double.NaN));
      Tensor found =
          integers(tiles).multiply(matrix, IntegerProductsTest::notNeeded, input); // [20, 70]
      assertThat(found.select(0, 3).isnan().all().item_bool()).isTrue();
      assertThat(apart(found.narrow(0, 4, 16), exact(matrix, input.narrow(0, 4, 16))))
          .isLessThan(NOISE);
    }
  }

  @Test
  void theExactModeRoundsNothing() {
    try (Scope _ = new Scope();
        WideTiles tiles = new WideTiles()) {
      torch.manual_seed(3);
      BlockMatrix matrix = RowQuantizer.of(torch.randn(300, 512), 4);
      Tensor input = torch.randn(40, 512); // [40, 512]
      Tensor found =
          ManyRows.of(PrefillMode.EXACT, true, OneDnnLinear.find(), tiles)
              .orElseThrow()
              .multiply(matrix, IntegerProductsTest::notNeeded, input); // [40, 300]
      assertThat(apart(found, exact(matrix, input))).isLessThan(1e-6);
    }
  }

  private static ManyRows integers(WideTiles tiles) {
    return ManyRows.of(PrefillMode.INT8, true, OneDnnLinear.find(), tiles).orElseThrow();
  }

  private static Tensor notNeeded(Tensor rows) {
    throw new AssertionError("no row here is uneven");
  }

  /// The product in fp32. [inputs, rows]
  private static Tensor exact(BlockMatrix matrix, Tensor input) {
    try (Scope scope = new Scope()) {
      Tensor decoded =
          torch.empty(
              new long[] {matrix.rows(), matrix.columns()}, Tensors.options(DType.F32), null);
      BlockWidener.toF32(matrix, 0, matrix.rows(), decoded.data_ptr().address());
      return scope.keep(torch.linear(input, decoded));
    }
  }

  private static double apart(Tensor found, Tensor exact) {
    return found.sub(exact).norm().item_double() / exact.norm().item_double();
  }

  private static Tensor full(DType type, long value, long... shape) {
    return torch.empty(shape, Tensors.options(type), null).fill_(new Scalar(value));
  }
}
