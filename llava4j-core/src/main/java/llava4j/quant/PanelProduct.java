package llava4j.quant;

import java.lang.foreign.MemorySegment;

/// One thread's part of a product of a [PanelMatrix].
///
/// A strip is as many output rows as a vector has lanes of 16 bits; a panel has one, two or four.
/// Two strips are multiplied at a time.
final class PanelProduct {
  private static final int STRIP_ROWS = Panel4Vector.SHORTS.length();
  private static final int STRIPS = PanelShape.ROWS / STRIP_ROWS;
  private static final int LANES = STRIP_ROWS / 2;

  private final MemorySegment panels;
  private final PanelLayout layout;
  private final RoundedRows input;
  private final int inputs;
  private final MemorySegment output; // [inputs, rows]
  private final float factor;
  private final float[] sums = new float[16 * LANES]; // [4 inputs, 2 strips, even and odd, lanes]

  PanelProduct(
      MemorySegment panels,
      PanelLayout layout,
      RoundedRows input,
      int inputs,
      MemorySegment output) {
    this.panels = panels;
    this.layout = layout;
    this.input = input;
    this.inputs = inputs;
    this.output = output;
    this.factor = layout.wideScales() ? 1 : HalfMatVecVector.SUM_SCALE;
  }

  /// Output rows of a pair of strips.
  static long pairRows() {
    return 2L * STRIP_ROWS;
  }

  /// Pairs of strips of a matrix. The last has one strip only if the number of strips is odd.
  static long pairs(PanelLayout layout) {
    return Math.ceilDiv(layout.numPanels() * STRIPS, 2);
  }

  /// Computes the output rows of pairs from `first` to `end`.
  void multiply(long first, long end) {
    for (long pair = first; pair < end; pair++) {
      long strip = 2 * pair;
      boolean two = strip + 1 < layout.numPanels() * STRIPS;
      long start = start(strip);
      long second = two ? start(strip + 1) - start : 0;
      long firstRow = strip * STRIP_ROWS;
      int row = 0;
      for (; row < input.inFours(); row += 4) {
        four(start, second, row);
        for (int i = 0; i < 4; i++) {
          write(row + i, firstRow, two, i * 4 * LANES);
        }
      }
      for (; row < inputs; row++) {
        one(start, second, row);
        write(row, firstRow, two, 0);
      }
    }
  }

  private void one(long start, long second, int row) {
    if (layout.blocks().bits() == 4) {
      Panel4Vector.one(panels, start, second, layout, input, row, sums);
    } else {
      Panel8Vector.one(panels, start, second, layout, input, row, sums);
    }
  }

  private void four(long start, long second, int row) {
    if (layout.blocks().bits() == 4) {
      Panel4Vector.four(panels, start, second, layout, input, row, sums);
    } else {
      Panel8Vector.four(panels, start, layout, input, row, sums, 0);
      Panel8Vector.four(panels, start + second, layout, input, row, sums, 2 * LANES);
    }
  }

  private long start(long strip) {
    return strip / STRIPS * layout.panelBytes() + strip % STRIPS * STRIP_ROWS * Short.BYTES;
  }

  /// Writes the sums of one or two strips.
  private void write(int row, long firstRow, boolean two, int from) {
    long count = Math.min(layout.rows() - firstRow, two ? 2L * STRIP_ROWS : STRIP_ROWS);
    long at = row * layout.rows() + firstRow;
    for (int i = 0; i < count; i++) {
      int inStrip = i % STRIP_ROWS;
      int place = from + i / STRIP_ROWS * 2 * LANES + inStrip % 2 * LANES + inStrip / 2;
      output.setAtIndex(HalfMatVec.FLOAT, at + i, sums[place] * factor);
    }
  }
}
