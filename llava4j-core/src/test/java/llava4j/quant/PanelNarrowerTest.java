package llava4j.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import llava4j.quant.BlockMatrix.Layout;
import llava4j.quant.BlockMatrix.Row;
import llava4j.quant.QuantizedMatrixTest.Kind;
import llava4j.quant.QuantizedMatrixTest.Made;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Panels rounded to bytes, against the same arithmetic number by number.
class PanelNarrowerTest {
  @ParameterizedTest
  @CsvSource({
    "HALF_SCALES, 32, 75, 288, 0, 75",
    "WIDE_SCALES, 32, 75, 288, 0, 75",
    "HALF_SCALES, 16, 64, 48, 32, 32",
    "WIDE_SCALES, 16, 33, 512, 32, 1",
    "HALF_SCALES, 32, 200, 4096, 64, 96"
  })
  void bytesEqualPlainArithmetic(
      Kind kind, int block, int rows, int columns, int first, int count) {
    check(kind, block, rows, columns, first, count);
  }

  static void check(Kind kind, int block, int rows, int columns, int first, int count) {
    Made matrix = new Made(kind, new Layout(4, block, false), rows, columns, 11);
    int stride = Math.ceilDiv(count, 32) * 32 + 64;
    try (Scope _ = new Scope();
        QuantizedMatrix packed = kind.pack(matrix)) {
      BlockMatrix numbers = packed.numbers().orElseThrow();
      assertThat(numbers).isInstanceOf(PanelBlocks.class);
      Tensor bytes =
          torch.empty(
              new long[] {columns, stride}, Tensors.options(DType.I8), new MemoryFormatOptional());
      float[] scales = new float[count];
      assertThat(BlockNarrower.isByColumns(numbers)).isTrue();
      BlockNarrower.toColumns(numbers, first, count, bytes.data_ptr().address(), stride, scales);
      byte[] found = bytes(bytes.data_ptr().address(), columns * stride);
      Row row = new Row(matrix.layout(), columns);
      for (int i = 0; i < count; i++) {
        matrix.read(first + i, row);
        checkRow(row, matrix.layout(), found, i, stride, scales[i]);
      }
    }
  }

  private static byte[] bytes(long address, int count) {
    return ByteRows.segment(address, count).toArray(ValueLayout.JAVA_BYTE);
  }

  private static void checkRow(
      Row row, Layout layout, byte[] found, int at, int stride, float scale) {
    float largest = 0;
    for (float blockScale : row.scales) {
      largest = Math.max(largest, 8 * Math.abs(blockScale));
    }
    assertThat(scale).isEqualTo(largest / 127);
    for (int i = 0; i < row.packed.length * 2; i++) {
      int number = ((row.packed[i / 2] >> (i % 2 * 4)) & 15) - 8;
      float blockScale = row.scales[i / layout.blockValues()];
      int factor = (int) Math.rint(blockScale * (8 * PanelNarrower.MOST_FACTOR / largest));
      assertThat((int) found[at + i * stride])
          .isEqualTo((number * factor + PanelNarrower.HALF) >> 8);
      assertThat(scale * found[at + i * stride])
          .isCloseTo(row.value(layout, i), within((0.5f + 1 / 16f) * scale));
    }
  }

  /// Rows of zeros have the scale 0.
  @ParameterizedTest
  @CsvSource({"32", "16"})
  void zerosStayZeros(int block) {
    Layout layout = new Layout(4, block, false);
    BlockMatrix zeros = new Zeros(layout, new Random(1).nextInt(1, 40), 64);
    try (Scope _ = new Scope();
        QuantizedMatrix packed = PanelMatrix.of(zeros)) {
      BlockMatrix numbers = packed.numbers().orElseThrow();
      Tensor bytes = torch.ones(new long[] {64, 32}, Tensors.options(DType.I8));
      float[] scales = {5};
      BlockNarrower.toColumns(numbers, 0, 1, bytes.data_ptr().address(), 32, scales);
      assertThat(scales[0]).isZero();
      byte[] found = bytes(bytes.data_ptr().address(), 64 * 32);
      assertThat(found).containsOnly(0);
    }
  }

  private record Zeros(Layout layout, long rows, long columns) implements BlockMatrix {
    @Override
    public void read(long row, Row into) {
      Arrays.fill(into.packed, (byte) 0x77);
      Arrays.fill(into.scales, 0);
    }
  }
}
