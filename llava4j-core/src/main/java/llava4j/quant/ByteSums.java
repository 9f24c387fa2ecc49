package llava4j.quant;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Sums of products of bytes, back in fp32.
public final class ByteSums {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private ByteSums() {}

  /// Writes `sum · rowScale · columnScale`.
  ///
  /// @param sums address of [rows, count] int32
  /// @param rowScales `[rows]`
  /// @param columnScales `[count]` and more
  /// @param output address of the result for the first row and column; fp32
  /// @param stride values of an output row
  public static void toFloats(
      long sums, float[] rowScales, int count, float[] columnScales, long output, long stride) {
    int rows = rowScales.length;
    MemorySegment integers = ByteRows.segment(sums, (long) rows * count * Integer.BYTES);
    MemorySegment values = ByteRows.segment(output, ((rows - 1) * stride + count) * Float.BYTES);
    Kernel kernel = VectorSupport.isAvailable() ? ByteRowsVector::toFloats : ByteSums::plain;
    for (int row = 0; row < rows; row++) {
      kernel.toFloats(
          integers,
          (long) row * count * Integer.BYTES,
          columnScales,
          0,
          count,
          rowScales[row],
          values,
          row * stride * Float.BYTES);
    }
  }

  /// One row.
  @FunctionalInterface
  interface Kernel {
    /// @param from byte of the row's first sum
    /// @param to byte of the row's first value
    void toFloats(
        MemorySegment sums,
        long from,
        float[] columnScales,
        int firstScale,
        int count,
        float rowScale,
        MemorySegment output,
        long to);
  }

  /// The kernel to read.
  static void plain(
      MemorySegment sums,
      long from,
      float[] columnScales,
      int firstScale,
      int count,
      float rowScale,
      MemorySegment output,
      long to) {
    for (int i = 0; i < count; i++) {
      float value = columnScales[firstScale + i] * rowScale * sums.get(INT, from + 4L * i);
      output.set(HalfMatVec.FLOAT, to + 4L * i, value);
    }
  }
}
