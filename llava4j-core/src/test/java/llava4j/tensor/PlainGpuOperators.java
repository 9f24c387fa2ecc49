package llava4j.tensor;

import org.bytedeco.pytorch.Tensor;

/// The two operators of a GPU as plain loops on the processor: the same types and shapes, tiles of
/// 8 rows, and the parts of a tile's rows one behind the other; a weight is rounded to bf16 before
/// it is multiplied. Only the order of the numbers inside a part is another, which is the
/// operators' own business.
public final class PlainGpuOperators {
  private static final int TILE_ROWS = 8;

  /// Numbers in an element of a packed matrix.
  private static final int TOGETHER = 8;

  /// Tiles in the direction of a grid in which the operators count rows.
  private static final long MOST_TILES = 65_535;

  private PlainGpuOperators() {}

  public static NibbleMatMul matMul() {
    return new NibbleMatMul(
        new Device.Cpu(),
        NibbleMatMul.Layout.GPU,
        TILE_ROWS,
        PlainGpuOperators::pack,
        PlainGpuOperators::multiply);
  }

  /// @param pairs U8, [rows, columns / 2]
  /// @return I32, [rows / 8, columns / (16 · inner), 32, inner / 2]
  private static Tensor pack(Tensor pairs, long inner) {
    long rows = pairs.size(0);
    int columns = Math.toIntExact(2 * pairs.size(1));
    int part = Math.toIntExact(16 * inner);
    requireThat(Tensors.type(pairs) == DType.U8 && pairs.is_contiguous());
    requireThat(rows % TILE_ROWS == 0 && columns % part == 0);
    long[] bytes = Tensors.toLongs(pairs);
    long[] packed = new long[bytes.length * 2 / TOGETHER];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        long pair = bytes[(row * columns + column) / 2];
        long number = column % 2 == 0 ? pair >> 4 : pair & 15;
        int at = place(row, column, columns, part);
        packed[at / TOGETHER] |= number << (4 * (at % TOGETHER));
      }
    }
    for (int i = 0; i < packed.length; i++) {
      packed[i] = (int) packed[i]; // the highest number may be above 7
    }
    return Tensors.ofLongs(packed, rows / TILE_ROWS, columns / part, 32, inner / 2)
        .to(DType.I32.scalarType());
  }

  /// @param input bf16, [inputs, columns]
  /// @return bf16, [inputs, rows]
  private static Tensor multiply(Tensor input, Tensor numbers, long group, Tensor scales) {
    int inputs = Math.toIntExact(input.size(0));
    int columns = Math.toIntExact(input.size(1));
    int part = Math.toIntExact(32 * numbers.size(3));
    int rows = Math.toIntExact(TILE_ROWS * numbers.size(0));
    requireThat(Tensors.type(input) == DType.BF16 && input.is_contiguous());
    requireThat(Tensors.type(numbers) == DType.I32 && numbers.is_contiguous());
    requireThat(numbers.size(1) == columns / part && numbers.size(2) == 32);
    requireThat(numbers.size(0) <= MOST_TILES);
    requireThat(Tensors.type(scales) == DType.BF16 && scales.is_contiguous());
    Tensors.requireShape("scales", scales, columns / group, rows, 2);
    float[] x = Tensors.toFloats(input);
    long[] packed = Tensors.toLongs(numbers);
    float[] scale = Tensors.toFloats(scales);
    float[] sums = new float[inputs * rows];
    float[] values = new float[columns];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        int at = place(row, column, columns, part);
        long number = (packed[at / TOGETHER] >> (4 * (at % TOGETHER))) & 15;
        int of = Math.toIntExact((column / group * rows + row) * 2);
        values[column] = rounded(Math.fma(scale[of], (float) (number - 8), scale[of + 1]));
      }
      for (int i = 0; i < inputs; i++) {
        for (int column = 0; column < columns; column++) {
          sums[i * rows + row] += x[i * columns + column] * values[column];
        }
      }
    }
    return Tensors.ofFloats(sums, inputs, rows).to(DType.BF16.scalarType());
  }

  /// To bf16: to nearest, ties to even.
  private static float rounded(float value) {
    int bits = Float.floatToRawIntBits(value);
    return Float.intBitsToFloat((bits + 0x7FFF + ((bits >>> 16) & 1)) & 0xFFFF0000);
  }

  /// Where a number lies in a packed matrix.
  private static int place(int row, int column, int columns, int part) {
    int tile = row / TILE_ROWS * (columns / part) + column / part;
    return (tile * TILE_ROWS + row % TILE_ROWS) * part + column % part;
  }

  private static void requireThat(boolean holds) {
    if (!holds) {
      throw new IllegalArgumentException("the operator of a GPU would refuse this");
    }
  }
}
