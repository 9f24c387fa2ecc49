package llava4j.quant;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.F2I;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static llava4j.quant.BlockWidenerVector.FLOATS;
import static llava4j.quant.BlockWidenerVector.INTS;
import static llava4j.quant.HalfMatVecVector.F16_BITS;
import static llava4j.quant.PagedAttention.MEMORY;
import static llava4j.quant.Panel4Vector.SHORTS;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;

/// As [BlockNarrower], for panels of 4 bits: a panel's cache lines are read once, and its 32 rows
/// are rounded side by side, in 16 bits.
///
/// A block's scale becomes a factor of 12 bits: number · factor has the byte in its upper half. The
/// factor moves a number by at most a 4096th of the row's largest, 1/32 of a byte's step.
final class PanelNarrower {
  /// The factor of the block with the row's largest scale: 8 times it, 127 · 256.
  static final int MOST_FACTOR = 127 * 256 / 8;

  /// What rounds the upper half to nearest.
  static final int HALF = 128;

  private static final int STRIPS = PanelLayout.ROWS / SHORTS.length();
  private static final int LANES = INTS.length();

  private final PanelLayout layout;
  private final long panels;
  private final int groups;
  private final float[] inverses = new float[PanelLayout.ROWS]; // as `lines`
  private final float[] largest = new float[PanelLayout.ROWS]; // as `lines`
  private final int[] lines; // [groups, strips, even and odd rows, lanes]

  /// @param matrix of 4 bits; rows are read from the first of a panel on
  PanelNarrower(PanelBlocks matrix) {
    this.layout = matrix.panelLayout();
    this.panels = matrix.panels().address();
    this.groups = layout.groups();
    this.lines = new int[groups * PanelLayout.ROWS];
  }

  /// Writes `count` rows from row `first` on, as `BlockNarrower.toBytes` does.
  void toBytes(long first, int count, long target, long stride, float[] scales) {
    for (int done = 0; done < count; done += PanelLayout.ROWS) {
      int rows = Math.min(PanelLayout.ROWS, count - done);
      long panel = panels + (first + done) / PanelLayout.ROWS * layout.panelBytes();
      findLargest(panel);
      for (int row = 0; row < PanelLayout.ROWS; row++) {
        float most = 8 * largest[place(row)];
        inverses[place(row)] = most < ByteRows.LEAST ? 0 : 8 * MOST_FACTOR / most;
        if (row < rows) {
          scales[done + row] = ByteRows.scale(most);
        }
      }
      for (int block = 0; block < layout.numBlocks(); block++) {
        long at = panel + (long) block * layout.blockBytes();
        for (int strip = 0; strip < STRIPS; strip++) {
          strip(at, strip);
        }
        int columns = layout.blocks().blockValues();
        for (int row = 0; row < rows; row++) {
          writeRow(row, target + (done + row) * stride + (long) block * columns);
        }
      }
    }
  }

  /// The place of a row in a line: the even rows of its strip, then the odd ones.
  private static int place(int row) {
    int inStrip = row % SHORTS.length();
    return row / SHORTS.length() * SHORTS.length() + inStrip % 2 * LANES + inStrip / 2;
  }

  private void findLargest(long panel) {
    Arrays.fill(largest, 0);
    for (int block = 0; block < layout.numBlocks(); block++) {
      long at = panel + (long) block * layout.blockBytes();
      for (int strip = 0; strip < STRIPS; strip++) {
        int place = strip * SHORTS.length();
        FloatVector.fromArray(FLOATS, largest, place)
            .max(scale(at, strip, false).abs())
            .intoArray(largest, place);
        FloatVector.fromArray(FLOATS, largest, place + LANES)
            .max(scale(at, strip, true).abs())
            .intoArray(largest, place + LANES);
      }
    }
  }

  /// The scales of a strip's even or odd rows in a block.
  private FloatVector scale(long block, int strip, boolean odd) {
    long scales = block + (long) groups * PanelLayout.GROUP_BYTES;
    if (layout.wideScales()) {
      long from = scales + (odd ? PanelLayout.GROUP_BYTES : 0) + (long) strip * LANES * Float.BYTES;
      return FloatVector.fromMemorySegment(FLOATS, MEMORY, from, LITTLE_ENDIAN);
    }
    IntVector pairs =
        IntVector.fromMemorySegment(
            INTS, MEMORY, scales + (long) strip * LANES * Integer.BYTES, LITTLE_ENDIAN);
    IntVector high = odd ? pairs : pairs.lanewise(LSHL, Short.SIZE);
    return high.lanewise(ASHR, 3)
        .and(F16_BITS)
        .reinterpretAsFloats()
        .mul(HalfMatVecVector.INPUT_SCALE)
        .mul(HalfMatVecVector.SUM_SCALE);
  }

  /// Rounds a strip's numbers of a block, into `lines`: four bytes of a row in each lane.
  private void strip(long block, int strip) {
    int place = strip * SHORTS.length();
    IntVector even = factor(scale(block, strip, false), place);
    IntVector odd = factor(scale(block, strip, true), place + LANES);
    ShortVector factor = even.and(0xFFFF).or(odd.lanewise(LSHL, 16)).reinterpretAsShorts();
    ShortVector offset = factor.lanewise(LSHL, 3).neg().add((short) HALF); // of number + 8
    for (int group = 0; group < groups; group++) {
      ShortVector word =
          ShortVector.fromMemorySegment(
              SHORTS,
              MEMORY,
              block + (long) group * PanelLayout.GROUP_BYTES + (long) place * Short.BYTES,
              LITTLE_ENDIAN);
      ShortVector a = word.and((short) 15).mul(factor).add(offset).lanewise(LSHR, 8);
      ShortVector b = word.lanewise(LSHR, 4).and((short) 15).mul(factor).add(offset);
      ShortVector c =
          word.lanewise(LSHR, 8).and((short) 15).mul(factor).add(offset).lanewise(LSHR, 8);
      ShortVector d = word.lanewise(LSHR, 12).mul(factor).add(offset);
      IntVector first = b.and((short) 0xFF00).or(a).reinterpretAsInts();
      IntVector second = d.and((short) 0xFF00).or(c).reinterpretAsInts();
      int to = group * PanelLayout.ROWS + place;
      first.and(0xFFFF).or(second.lanewise(LSHL, 16)).intoArray(lines, to);
      first.lanewise(LSHR, 16).or(second.and(0xFFFF0000)).intoArray(lines, to + LANES);
    }
  }

  private IntVector factor(FloatVector scale, int place) {
    return (IntVector)
        scale
            .mul(FloatVector.fromArray(FLOATS, inverses, place))
            .add(ByteRowsVector.ROUNDING)
            .sub(ByteRowsVector.ROUNDING)
            .convert(F2I, 0);
  }

  private void writeRow(int row, long to) {
    int from = place(row);
    for (int group = 0; group < groups; group += 2) {
      long low = lines[group * PanelLayout.ROWS + from] & 0xFFFFFFFFL;
      long high = (long) lines[(group + 1) * PanelLayout.ROWS + from] << Integer.SIZE;
      MEMORY.set(PanelPacker.LONG, to + (long) group * Integer.BYTES, low | high);
    }
  }
}
