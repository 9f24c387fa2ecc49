package llava4j.quant;

import llava4j.quant.BlockMatrix.Layout;

/// How the numbers of a quantised matrix lie in memory, so that a lane of a vector is an output row
/// and a product needs no sum across lanes.
///
/// A panel has 32 output rows. Its blocks follow each other along the rows, and a block is:
///
/// - for each group of four (4 bits) or two (8 bits) columns 64 bytes: 16 bits for each of the 32
///   rows. With 4 bits, nibble `i` from below is number + 8 of column `i` of the group; with 8
///   bits, byte `i` is number + 128;
/// - the scales: F16 for each row; or, if one of the matrix' scales is no F16, F32 for the even
///   rows and then for the odd ones.
///
/// Rows after the last are zeros. This takes as many bytes as a GGUF file of type Q4_0.
///
/// @param wideScales whether scales are F32
record PanelLayout(Layout blocks, boolean wideScales, long rows, long columns) {
  /// Output rows of a panel.
  static final int ROWS = 32;

  /// Bytes of a group of columns.
  static final int GROUP_BYTES = ROWS * Short.BYTES;

  /// The layout with the most bytes, before the scales are known.
  static PanelLayout most(Layout blocks, long rows, long columns) {
    boolean maybeWide = blocks.hasMinimums() || blocks.blockValues() != 32;
    return new PanelLayout(blocks, maybeWide, rows, columns);
  }

  /// Columns of a group.
  int groupColumns() {
    return Short.SIZE / blocks.bits();
  }

  /// Groups of a block.
  int groups() {
    return blocks.blockValues() / groupColumns();
  }

  int numBlocks() {
    return blocks.numBlocks(columns);
  }

  int scaleBytes() {
    return ROWS * (wideScales ? Float.BYTES : Short.BYTES);
  }

  int blockBytes() {
    return groups() * GROUP_BYTES + scaleBytes();
  }

  long panelBytes() {
    return (long) numBlocks() * blockBytes();
  }

  long numPanels() {
    return Math.ceilDiv(rows, ROWS);
  }

  long bytes() {
    return numPanels() * panelBytes();
  }

  /// The place of a row's scale in a block.
  int scaleAt(int rowInPanel) {
    int from = groups() * GROUP_BYTES;
    return wideScales
        ? from + (rowInPanel % 2 * ROWS / 2 + rowInPanel / 2) * Float.BYTES
        : from + rowInPanel * Short.BYTES;
  }
}
