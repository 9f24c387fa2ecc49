package llava4j.quant;

import java.lang.foreign.MemorySegment;

/// The rows of a [PanelMatrix], for products with many rows.
///
/// @param panels memory of the matrix, which must stay open
record PanelBlocks(PanelLayout panelLayout, MemorySegment panels) implements BlockMatrix {

  @Override
  public long rows() {
    return panelLayout.rows();
  }

  @Override
  public long columns() {
    return panelLayout.columns();
  }

  /// Without minimums.
  @Override
  public Layout layout() {
    Layout blocks = panelLayout.blocks();
    return new Layout(blocks.bits(), blocks.blockValues(), false);
  }

  @Override
  public void read(long row, Row into) {
    MemorySegment panel = panel(row);
    int inPanel = inPanel(row);
    PanelPacker.unpack(panelLayout, panel, inPanel, into.packed);
    readScales(panel, inPanel, into.scales);
  }

  /// Four rows share longs, and all rows of a panel share cache lines: reading four together takes
  /// a fifth of the time.
  @Override
  public void read(long first, Row[] into, int count) {
    if (count != READ_TOGETHER || first % READ_TOGETHER != 0) {
      BlockMatrix.super.read(first, into, count);
      return;
    }
    MemorySegment panel = panel(first);
    int inPanel = inPanel(first);
    PanelPacker.unpackFour(panelLayout, panel, inPanel, into);
    for (int row = 0; row < READ_TOGETHER; row++) {
      readScales(panel, inPanel + row, into[row].scales);
    }
  }

  private void readScales(MemorySegment panel, int inPanel, float[] scales) {
    int scaleAt = panelLayout.shape().scaleAt(inPanel);
    for (int block = 0; block < scales.length; block++) {
      scales[block] = scale(panel, (long) block * panelLayout.blockBytes() + scaleAt);
    }
  }

  private MemorySegment panel(long row) {
    return panels.asSlice(
        row / PanelShape.ROWS * panelLayout.panelBytes(), panelLayout.panelBytes());
  }

  private static int inPanel(long row) {
    return Math.toIntExact(row % PanelShape.ROWS);
  }

  private float scale(MemorySegment panel, long at) {
    return panelLayout.wideScales()
        ? panel.get(PanelPacker.FLOAT, at)
        : Float.float16ToFloat(panel.get(PanelPacker.SHORT, at));
  }
}
