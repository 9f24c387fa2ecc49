package llava4j.quant;

import llava4j.quant.BlockMatrix.Layout;
import llava4j.quant.PanelShape.Lanes;

/// A quantised matrix in panels.
record PanelLayout(PanelShape shape, long rows, long columns) {
  /// The layout with the most bytes, before the scales are known.
  static PanelLayout most(Layout blocks, Lanes lanes, long rows, long columns) {
    boolean maybeWide = blocks.hasMinimums() || blocks.blockValues() != 32;
    return new PanelLayout(new PanelShape(blocks, lanes, maybeWide), rows, columns);
  }

  Layout blocks() {
    return shape.blocks();
  }

  boolean wideScales() {
    return shape.wideScales();
  }

  int groups() {
    return shape.groups();
  }

  int scaleBytes() {
    return shape.scaleBytes();
  }

  int blockBytes() {
    return shape.blockBytes();
  }

  int numBlocks() {
    return blocks().numBlocks(columns);
  }

  long panelBytes() {
    return (long) numBlocks() * blockBytes();
  }

  long numPanels() {
    return Math.ceilDiv(rows, PanelShape.ROWS);
  }

  long bytes() {
    return numPanels() * panelBytes();
  }
}
