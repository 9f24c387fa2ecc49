package llava4j.quant;

import java.util.Arrays;

/// A quantised matrix: small integers in blocks along its rows; the values of a block share a scale
/// and may share a minimum: value = scale · number + minimum.
public interface BlockMatrix {

  long rows();

  /// Number of values in a row; a multiple of the block size.
  long columns();

  Layout layout();

  /// Reads one row. Thread-safe if each thread has its own `into`.
  void read(long row, Row into);

  /// Rows that [#read(long, Row\[\], int)] reads fastest, from a multiple of this on.
  int READ_TOGETHER = 4;

  /// Reads rows from `first` on, as [#read(long, Row)] does.
  ///
  /// @param into at least `count` rows
  default void read(long first, Row[] into, int count) {
    for (int i = 0; i < count; i++) {
      read(first + i, into[i]);
    }
  }

  /// Memory for rows to read together.
  default Row[] rowsTogether() {
    Row[] rows = new Row[READ_TOGETHER];
    Arrays.setAll(rows, _ -> new Row(layout(), columns()));
    return rows;
  }

  /// Reads `count` rows from `first` on, some at a time, and hands them on in their order.
  ///
  /// @param memory of [#rowsTogether]
  default void eachRow(long first, int count, Row[] memory, RowUse use) {
    for (int done = 0; done < count; done += memory.length) {
      int together = Math.min(memory.length, count - done);
      read(first + done, memory, together);
      for (int i = 0; i < together; i++) {
        use.row(done + i, memory[i]);
      }
    }
  }

  /// What is done with a row that was read.
  @FunctionalInterface
  interface RowUse {
    /// @param number from 0 on
    /// @param row may be changed
    void row(int number, Row row);
  }

  /// The layout of the blocks.
  ///
  /// @param bits 4 (numbers from -8 to 7) or 8 (from -128 to 127)
  /// @param blockValues number of values that share a scale: 16, or 32 and more
  /// @param hasMinimums whether each block has a minimum; without it, the integer 0 means 0
  record Layout(int bits, int blockValues, boolean hasMinimums) {
    public Layout {
      if ((bits != 4 && bits != 8) || Integer.bitCount(blockValues) != 1 || blockValues < 16) {
        throw new IllegalArgumentException(bits + " bits in blocks of " + blockValues);
      }
    }

    /// Bytes of the integers of a row.
    public int packedBytes(long columns) {
      return Math.toIntExact(columns * bits / 8);
    }

    public int numBlocks(long columns) {
      return Math.toIntExact(columns / blockValues);
    }
  }

  /// One row, in the layout of the matrix kernels.
  final class Row {
    /// 4 bits: number 2i + 8 in the low half of byte i, number 2i+1 + 8 in the high half. 8 bits:
    /// number + 128 in a byte each.
    public final byte[] packed;

    /// `[blocks]`
    public final float[] scales;

    /// `[blocks]`; empty if the layout has none
    public final float[] minimums;

    public Row(Layout layout, long columns) {
      this.packed = new byte[layout.packedBytes(columns)];
      this.scales = new float[layout.numBlocks(columns)];
      this.minimums = new float[layout.hasMinimums() ? layout.numBlocks(columns) : 0];
    }

    /// Number `i` of the row, decoded.
    public float value(Layout layout, int i) {
      int number =
          layout.bits() == 8 ? (packed[i] & 255) - 128 : ((packed[i / 2] >> (i % 2 * 4)) & 15) - 8;
      int block = i / layout.blockValues();
      return scales[block] * number + (layout.hasMinimums() ? minimums[block] : 0);
    }
  }
}
