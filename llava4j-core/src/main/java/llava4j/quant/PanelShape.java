package llava4j.quant;

import llava4j.quant.BlockMatrix.Layout;

/// How the numbers of a quantised matrix lie in memory, so that a lane of a vector is an output row
/// and a product needs no sum across lanes.
///
/// A panel has 32 output rows. Its blocks follow each other along the rows, and a block is:
///
/// - for each group of columns the numbers of each of the 32 rows, as many as fit a lane, in the
///   bytes of [BlockMatrix.Row#packed];
/// - the scales: F16 for each row; or, if one of the matrix' scales is no F16, F32. Beside lanes of
///   16 bits, F32 scales are those of the even rows and then of the odd ones.
///
/// Rows after the last are zeros. With 4 bits and F16 this takes as many bytes as a GGUF file of
/// type Q4_0.
///
/// @param wideScales whether scales are F32
record PanelShape(Layout blocks, Lanes lanes, boolean wideScales) {
  /// Output rows of a panel.
  static final int ROWS = 32;

  /// What the lanes of vectors hold.
  enum Lanes {
    /// For the kernels on the Vector API, which multiply 16 bits at a time.
    SHORTS(Short.BYTES),

    /// For functions in machine code, which sum products of bytes to 32 bits.
    INTS(Integer.BYTES);

    private final int bytes;

    Lanes(int bytes) {
      this.bytes = bytes;
    }

    int bytes() {
      return bytes;
    }
  }

  /// Columns of a group.
  int groupColumns() {
    return lanes.bytes() * Byte.SIZE / blocks.bits();
  }

  /// Bytes of a group of columns.
  int groupBytes() {
    return ROWS * lanes.bytes();
  }

  /// Groups of a block.
  int groups() {
    return blocks.blockValues() / groupColumns();
  }

  /// Bytes of the numbers of a block, which stand before its scales.
  int numberBytes() {
    return groups() * groupBytes();
  }

  int scaleBytes() {
    return ROWS * (wideScales ? Float.BYTES : Short.BYTES);
  }

  int blockBytes() {
    return numberBytes() + scaleBytes();
  }

  /// The place of a row's scale in a block.
  int scaleAt(int rowInPanel) {
    if (!wideScales) {
      return numberBytes() + rowInPanel * Short.BYTES;
    }
    int place =
        switch (lanes) {
          case SHORTS -> rowInPanel % 2 * ROWS / 2 + rowInPanel / 2;
          case INTS -> rowInPanel;
        };
    return numberBytes() + place * Float.BYTES;
  }
}
