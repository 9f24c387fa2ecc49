package llava4j.quant;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import llava4j.quant.BlockMatrix.Layout;
import llava4j.quant.BlockMatrix.Row;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.ParallelChunks;

/// Widens rows of a quantised matrix to bf16, for products with many rows.
public final class BlockWidener {
  private static final ValueLayout.OfShort BF16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final int ROWS_PER_CHUNK = 16;
  private static final int NIBBLES = 16;

  private BlockWidener() {}

  /// Writes `count` rows from row `first` on, with all threads. Each value is computed in fp32 and
  /// rounded once, to nearest.
  ///
  /// @param target address of [count, columns] bf16
  @SuppressWarnings("restricted") // the caller's memory has exactly this size
  public static void toBf16(BlockMatrix matrix, long first, long count, long target) {
    long rowBytes = matrix.columns() * Short.BYTES;
    MemorySegment values = MemorySegment.ofAddress(target).reinterpret(count * rowBytes);
    ParallelChunks.runRanges(
        NativeRuntime.numThreads(),
        count,
        ROWS_PER_CHUNK,
        () -> {
          Row[] rows = matrix.rowsTogether();
          RowKernel kernel = kernel(matrix);
          return (from, end) -> {
            matrix.eachRow(
                first + from,
                Math.toIntExact(end - from),
                rows,
                (i, row) -> kernel.widen(row, matrix.layout(), values, (from + i) * rowBytes));
          };
        });
  }

  /// As [#toBf16], without rounding.
  ///
  /// @param target address of [count, columns] fp32
  public static void toF32(BlockMatrix matrix, long first, long count, long target) {
    long rowBytes = matrix.columns() * Float.BYTES;
    MemorySegment values = ByteRows.segment(target, count * rowBytes);
    ParallelChunks.runRanges(
        NativeRuntime.numThreads(),
        count,
        ROWS_PER_CHUNK,
        () -> {
          Row[] rows = matrix.rowsTogether();
          float[] decoded = new float[Math.toIntExact(matrix.columns())];
          return (from, end) -> {
            matrix.eachRow(
                first + from,
                Math.toIntExact(end - from),
                rows,
                (i, row) -> {
                  for (int column = 0; column < decoded.length; column++) {
                    decoded[column] = row.value(matrix.layout(), column);
                  }
                  MemorySegment.copy(
                      decoded, 0, values, HalfMatVec.FLOAT, (from + i) * rowBytes, decoded.length);
                });
          };
        });
  }

  /// Writes one row.
  @FunctionalInterface
  interface RowKernel {
    /// @param at byte of the row's first number
    void widen(Row row, Layout layout, MemorySegment target, long at);
  }

  private static RowKernel kernel(BlockMatrix matrix) {
    // without the module the class itself cannot be loaded
    return VectorSupport.isAvailable()
            && BlockWidenerVector.takes(matrix.layout(), matrix.columns())
        ? BlockWidenerVector::widen
        : plain(matrix);
  }

  /// The kernel to read, and for rows that do not fill vectors.
  static RowKernel plain(BlockMatrix matrix) {
    short[] wide = new short[Math.toIntExact(matrix.columns())];
    return (row, layout, target, at) -> {
      widen(row, layout, wide);
      MemorySegment.copy(wide, 0, target, BF16, at, wide.length);
    };
  }

  static void widen(Row row, Layout layout, short[] wide) {
    if (layout.bits() == 4) {
      widen4(row, layout, wide);
    } else {
      widen8(row, layout, wide);
    }
  }

  /// The sixteen possible values of a block are rounded first and then looked up.
  private static void widen4(Row row, Layout layout, short[] wide) {
    short[] values = new short[NIBBLES];
    int pairs = layout.blockValues() / 2;
    for (int block = 0; block < row.scales.length; block++) {
      float scale = row.scales[block];
      float minimum = layout.hasMinimums() ? row.minimums[block] : 0;
      for (int i = 0; i < NIBBLES; i++) {
        values[i] = round(scale * (i - 8) + minimum);
      }
      int from = block * pairs;
      for (int i = from; i < from + pairs; i++) {
        int pair = row.packed[i];
        wide[2 * i] = values[pair & 15];
        wide[2 * i + 1] = values[(pair >> 4) & 15];
      }
    }
  }

  private static void widen8(Row row, Layout layout, short[] wide) {
    for (int block = 0; block < row.scales.length; block++) {
      float scale = row.scales[block];
      float minimum = layout.hasMinimums() ? row.minimums[block] : 0;
      int from = block * layout.blockValues();
      for (int i = from; i < from + layout.blockValues(); i++) {
        wide[i] = round(scale * ((row.packed[i] & 255) - 128) + minimum);
      }
    }
  }

  /// Rounds finite values to nearest, ties to even.
  static short round(float value) {
    int bits = Float.floatToRawIntBits(value);
    return (short) ((bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16);
  }
}
