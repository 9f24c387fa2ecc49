package llava4j.quant;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.F2I;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.S2B;
import static llava4j.quant.BlockWidenerVector.FLOATS;
import static llava4j.quant.BlockWidenerVector.INTS;
import static llava4j.quant.HalfMatVecVector.F16_BITS;
import static llava4j.quant.PagedAttention.MEMORY;
import static llava4j.quant.Panel4Vector.SHORTS;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// As [BlockNarrower], for panels of 4 bits, whose columns are written instead of their rows: a
/// lane of a vector is a row, so the bytes of a column lie side by side, and are rounded in 16
/// bits.
///
/// A block's scale becomes a factor of 12 bits: number · factor has the byte in its upper half. The
/// factor moves a number by at most a 4096th of the row's largest, 1/32 of a byte's step.
final class PanelNarrower {
  /// The factor of the block with the row's largest scale: 8 times it, 127 · 256.
  static final int MOST_FACTOR = 127 * 256 / 8;

  /// What rounds the upper half to nearest.
  static final int HALF = 128;

  private static final VectorSpecies<Byte> BYTES =
      VectorSpecies.of(byte.class, VectorShape.forBitSize(SHORTS.vectorBitSize() / 2));
  private static final int STRIPS = PanelShape.ROWS / SHORTS.length();
  private static final int LANES = INTS.length();

  /// Columns of a group.
  private static final long COLUMNS = 4;

  /// Blocks of a panel that are written before those of the next one: the lines of memory that
  /// panels share then stay in the core's cache.
  private static final int BLOCKS_TOGETHER = 8;

  private final PanelLayout layout;
  private final long panels; // address
  private final int groups;
  private final long target;
  private final long stride;
  private final float[] inverses; // [panels, strips, even and odd rows, lanes]
  private final float[] largest = new float[PanelShape.ROWS]; // [strips, even and odd rows, lanes]

  private PanelNarrower(PanelBlocks matrix, long first, int numPanels, long target, long stride) {
    this.layout = matrix.panelLayout();
    this.panels =
        matrix.panels().address() + first / PanelShape.ROWS * matrix.panelLayout().panelBytes();
    this.groups = layout.groups();
    this.target = target;
    this.stride = stride;
    this.inverses = new float[numPanels * PanelShape.ROWS];
  }

  /// Writes `count` rows from row `first` on, the first of a panel.
  ///
  /// @param target address of [columns, stride] bytes, of which the first `count`, rounded up to
  ///   whole panels, are written
  /// @param scales the scale of each row, written from index 0 on
  static void toBytes(
      PanelBlocks matrix, long first, int count, long target, long stride, float[] scales) {
    int numPanels = Math.ceilDiv(count, PanelShape.ROWS);
    PanelNarrower narrower = new PanelNarrower(matrix, first, numPanels, target, stride);
    for (int panel = 0; panel < numPanels; panel++) {
      narrower.prepare(panel, count, scales);
    }
    int blocks = matrix.panelLayout().numBlocks();
    for (int from = 0; from < blocks; from += BLOCKS_TOGETHER) {
      int end = Math.min(blocks, from + BLOCKS_TOGETHER);
      for (int panel = 0; panel < numPanels; panel++) {
        narrower.write(panel, from, end);
      }
    }
  }

  /// Finds the scales of a panel's rows.
  private void prepare(int panel, int count, float[] scales) {
    findLargest(panels + panel * layout.panelBytes());
    int from = panel * PanelShape.ROWS;
    for (int row = 0; row < PanelShape.ROWS; row++) {
      float most = 8 * largest[place(row)];
      inverses[from + place(row)] = most < ByteRows.LEAST ? 0 : 8 * MOST_FACTOR / most;
      if (from + row < count) {
        scales[from + row] = ByteRows.scale(most);
      }
    }
  }

  private void write(int panel, int firstBlock, int endBlock) {
    for (int block = firstBlock; block < endBlock; block++) {
      long at = panels + panel * layout.panelBytes() + (long) block * layout.blockBytes();
      long column = target + (long) block * layout.blocks().blockValues() * stride;
      for (int strip = 0; strip < STRIPS; strip++) {
        int place = panel * PanelShape.ROWS + strip * SHORTS.length();
        strip(at, strip, place, column + place);
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
    long scales = block + (long) groups * Panel4Vector.GROUP_BYTES;
    if (layout.wideScales()) {
      long from =
          scales + (odd ? Panel4Vector.GROUP_BYTES : 0) + (long) strip * LANES * Float.BYTES;
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

  /// Rounds a strip's numbers of a block.
  ///
  /// @param place of the strip's first inverse
  /// @param to address of the strip's first byte
  private void strip(long block, int strip, int place, long to) {
    IntVector even = factor(scale(block, strip, false), place);
    IntVector odd = factor(scale(block, strip, true), place + LANES);
    ShortVector factor = even.and(0xFFFF).or(odd.lanewise(LSHL, 16)).reinterpretAsShorts();
    ShortVector offset = factor.lanewise(LSHL, 3).neg().add((short) HALF); // of number + 8
    long words = block + (long) strip * SHORTS.length() * Short.BYTES;
    for (int group = 0; group < groups; group++) {
      ShortVector word =
          ShortVector.fromMemorySegment(
              SHORTS, MEMORY, words + (long) group * Panel4Vector.GROUP_BYTES, LITTLE_ENDIAN);
      long at = to + group * COLUMNS * stride;
      word.and((short) 15)
          .mul(factor)
          .add(offset)
          .lanewise(LSHR, 8)
          .convertShape(S2B, BYTES, 0)
          .reinterpretAsBytes()
          .intoMemorySegment(MEMORY, at, LITTLE_ENDIAN);
      word.lanewise(LSHR, 4)
          .and((short) 15)
          .mul(factor)
          .add(offset)
          .lanewise(LSHR, 8)
          .convertShape(S2B, BYTES, 0)
          .reinterpretAsBytes()
          .intoMemorySegment(MEMORY, at + stride, LITTLE_ENDIAN);
      word.lanewise(LSHR, 8)
          .and((short) 15)
          .mul(factor)
          .add(offset)
          .lanewise(LSHR, 8)
          .convertShape(S2B, BYTES, 0)
          .reinterpretAsBytes()
          .intoMemorySegment(MEMORY, at + 2 * stride, LITTLE_ENDIAN);
      word.lanewise(LSHR, 12)
          .mul(factor)
          .add(offset)
          .lanewise(LSHR, 8)
          .convertShape(S2B, BYTES, 0)
          .reinterpretAsBytes()
          .intoMemorySegment(MEMORY, at + 3 * stride, LITTLE_ENDIAN);
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
}
