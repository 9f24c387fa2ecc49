package llava4j.quant;

/// A matrix kept as small whole numbers, in blocks along its rows that share a scale and perhaps a
/// minimum: value = scale · number + minimum.
public interface BlockMatrix {

  long rows();

  /// Numbers in a row; a multiple of the block's.
  long columns();

  Layout layout();

  /// Reads one row. May be called by several threads at once, each with its own `into`.
  void read(long row, Row into);

  /// How numbers are kept.
  ///
  /// @param bits 4 (numbers from -8 to 7) or 8 (from -128 to 127)
  /// @param blockValues numbers that share a scale: 16, or 32 and more
  /// @param hasMinimums whether blocks have a minimum each; without it 0 stands for 0
  record Layout(int bits, int blockValues, boolean hasMinimums) {
    public Layout {
      if ((bits != 4 && bits != 8) || Integer.bitCount(blockValues) != 1 || blockValues < 16) {
        throw new IllegalArgumentException(bits + " bits in blocks of " + blockValues);
      }
    }

    /// Bytes of the numbers of a row.
    public int packedBytes(long columns) {
      return Math.toIntExact(columns * bits / 8);
    }

    public int numBlocks(long columns) {
      return Math.toIntExact(columns / blockValues);
    }
  }

  /// One row, as the product's kernels take it.
  final class Row {
    /// 4 bits: number 2i + 8 in the low half of byte i, number 2i+1 + 8 in the high half. 8 bits:
    /// number + 128 in a byte each.
    public final byte[] packed;

    /// `[blocks]`
    public final float[] scales;

    /// `[blocks]`; empty where the layout has none
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
