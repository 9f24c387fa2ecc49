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
    int groups = panelLayout.groups();
    MemorySegment packed = MemorySegment.ofArray(into.packed);
    for (int block = 0; block < into.scales.length; block++) {
      long at = (long) block * panelLayout.blockBytes();
      long numbers = at + (long) inPanel * Short.BYTES;
      long to = (long) block * groups * Short.BYTES;
      for (int group = 0; group < groups; group++) {
        packed.set(
            PanelPacker.SHORT,
            to + (long) group * Short.BYTES,
            panel.get(PanelPacker.SHORT, numbers + (long) group * PanelLayout.GROUP_BYTES));
      }
      into.scales[block] = scale(panel, at + panelLayout.scaleAt(inPanel));
    }
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
      float[] scales = into[row].scales;
      int scaleAt = panelLayout.scaleAt(inPanel + row);
      for (int block = 0; block < scales.length; block++) {
        scales[block] = scale(panel, (long) block * panelLayout.blockBytes() + scaleAt);
      }
    }
  }

  private MemorySegment panel(long row) {
    return panels.asSlice(
        row / PanelLayout.ROWS * panelLayout.panelBytes(), panelLayout.panelBytes());
  }

  private static int inPanel(long row) {
    return Math.toIntExact(row % PanelLayout.ROWS);
  }

  private float scale(MemorySegment panel, long at) {
    return panelLayout.wideScales()
        ? panel.get(PanelPacker.FLOAT, at)
        : Float.float16ToFloat(panel.get(PanelPacker.SHORT, at));
  }
}
