package llava4j.quant;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import llava4j.quant.BlockMatrix.Layout;
import llava4j.quant.BlockMatrix.Row;

/// Rounds rows of a quantised matrix to signed bytes with one scale per row, for products of
/// integers with many rows: value ≈ scale · number, numbers from -127 to 127.
public final class BlockNarrower {
  private BlockNarrower() {}

  /// Whether the bytes of a matrix are written by columns, in a fraction of the time.
  public static boolean isByColumns(BlockMatrix matrix) {
    return matrix instanceof PanelBlocks panels
        && panels.panelLayout().shape().lanes() == PanelShape.Lanes.SHORTS
        && panels.layout().bits() == 4;
  }

  /// Writes `count` rows from row `first` on, by columns.
  ///
  /// @param matrix one that `isByColumns`
  /// @param first a multiple of 32
  /// @param target address of [columns, stride] bytes, of which the first `count`, rounded up to a
  ///   multiple of 32, are written
  /// @param scales the scale of each row, written from index 0 on
  public static void toColumns(
      BlockMatrix matrix, long first, int count, long target, long stride, float[] scales) {
    if (!isByColumns(matrix) || first % PanelShape.ROWS != 0) {
      throw new IllegalArgumentException("not whole panels of 4 bits from row " + first);
    }
    PanelNarrower.toBytes((PanelBlocks) matrix, first, count, target, stride, scales);
  }

  /// Writes `count` rows from row `first` on.
  ///
  /// @param rows memory for rows to read together
  /// @param target address of [count, stride] bytes, of which the first `columns` are written
  /// @param scales the scale of each row, written from index 0 on
  public static void toBytes(
      BlockMatrix matrix,
      long first,
      int count,
      Row[] rows,
      long target,
      long stride,
      float[] scales) {
    MemorySegment bytes = ByteRows.segment(target, count * stride);
    boolean vector =
        VectorSupport.isAvailable() && BlockWidenerVector.takes(matrix.layout(), matrix.columns());
    matrix.eachRow(
        first,
        count,
        rows,
        (i, row) -> scales[i] = narrow(row, matrix.layout(), bytes, i * stride, vector));
  }

  /// Writes one row; its scales and minimums are changed.
  ///
  /// @return its scale
  static float narrow(Row row, Layout layout, MemorySegment target, long at, boolean vector) {
    float largest = largest(row, layout, vector);
    float inverse = ByteRows.inverse(largest);
    for (int i = 0; i < row.scales.length; i++) {
      row.scales[i] *= inverse;
    }
    for (int i = 0; i < row.minimums.length; i++) {
      row.minimums[i] *= inverse;
    }
    if (vector) {
      ByteRowsVector.narrow(row, layout, target, at);
    } else {
      int numbers = row.packed.length * 8 / layout.bits();
      for (int i = 0; i < numbers; i++) {
        target.set(ValueLayout.JAVA_BYTE, at + i, ByteRows.nearest(row.value(layout, i)));
      }
    }
    return ByteRows.scale(largest);
  }

  /// The largest magnitude of a row. With 4 bits the largest that its blocks can hold, which real
  /// blocks hold nearly always.
  private static float largest(Row row, Layout layout, boolean vector) {
    if (layout.bits() == 8) {
      return vector ? ByteRowsVector.largest8(row, layout) : largest8(row, layout);
    }
    float largest = 0;
    for (int block = 0; block < row.scales.length; block++) {
      float minimum = layout.hasMinimums() ? row.minimums[block] : 0;
      float low = Math.abs(minimum - 8 * row.scales[block]);
      float high = Math.abs(minimum + 7 * row.scales[block]);
      largest = Math.max(largest, Math.max(low, high));
    }
    return largest;
  }

  private static float largest8(Row row, Layout layout) {
    float largest = 0;
    for (int i = 0; i < row.packed.length; i++) {
      largest = Math.max(largest, Math.abs(row.value(layout, i)));
    }
    return largest;
  }
}
