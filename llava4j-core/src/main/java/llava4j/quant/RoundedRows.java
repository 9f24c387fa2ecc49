package llava4j.quant;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.ADD;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.MAX;
import static llava4j.quant.BlockWidenerVector.FLOATS;
import static llava4j.quant.BlockWidenerVector.INTS;
import static llava4j.quant.Panel4Vector.SHORTS;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.ParallelChunks;

/// Rows of activations rounded to 8 bits with a scale for each block, as [PanelMatrix] needs them.
///
/// For matrices of 4 bits a number is less by 16 times the one before it in its group of four,
/// which [Panel4Vector] wants (modulo 2^16).
///
/// Four rows at a time lie interleaved: number `i` of row `r` of four at `4 i + r`. Up to three
/// rows at the end lie alone. A block with NaN or infinity has the scale NaN or infinity and
/// numbers of any value, so that its products are NaN.
final class RoundedRows {
  private static final int MOST_ALONE = 4;

  private final int columns;
  private final int blockValues;
  private final boolean lessBefore;
  private final float scaleFactor;
  private final int fours;
  private final short[][] numbers;
  private final short[][] offsets; // -8 times the sum of a block's numbers
  private final float[][] scales;

  private RoundedRows(int count, PanelLayout layout) {
    this.columns = Math.toIntExact(layout.columns());
    this.blockValues = layout.blocks().blockValues();
    this.lessBefore = layout.blocks().bits() == 4;
    this.scaleFactor = layout.wideScales() ? 1 : HalfMatVecVector.INPUT_SCALE;
    this.fours = count / 4;
    int arrays = fours + count % 4;
    this.numbers = new short[arrays][];
    this.offsets = new short[arrays][];
    this.scales = new float[arrays][];
  }

  /// @param input fp32, [rows, columns]
  /// @param layout of the matrix
  static RoundedRows of(MemorySegment input, int rows, PanelLayout layout) {
    RoundedRows rounded = new RoundedRows(rows, layout);
    int arrays = rounded.numbers.length;
    for (int i = 0; i < arrays; i++) {
      int width = i < rounded.fours ? 4 : 1;
      rounded.numbers[i] = new short[rounded.columns * width];
      rounded.offsets[i] = new short[layout.numBlocks() * width];
      rounded.scales[i] = new float[layout.numBlocks() * width];
    }
    if (rows < MOST_ALONE) {
      for (int row = 0; row < rows; row++) {
        rounded.round(input, row);
      }
    } else {
      ParallelChunks.run(
          NativeRuntime.numThreads(), rows, () -> row -> rounded.round(input, (int) row));
    }
    return rounded;
  }

  /// Number of rows that lie interleaved by fours.
  int inFours() {
    return 4 * fours;
  }

  /// The numbers of a row that lies alone, or of four rows from the first on.
  short[] numbers(int row) {
    return numbers[array(row)];
  }

  /// -8 times the sum of each block's numbers. `[blocks]`, or `[blocks, 4]`
  short[] offsets(int row) {
    return offsets[array(row)];
  }

  /// `[blocks]`, or `[blocks, 4]`
  float[] scales(int row) {
    return scales[array(row)];
  }

  private int array(int row) {
    return row < 4 * fours ? row / 4 : row - 3 * fours;
  }

  private void round(MemorySegment input, int row) {
    int array = array(row);
    int step = row < 4 * fours ? 4 : 1;
    int lane = row < 4 * fours ? row % 4 : 0;
    short[] into = numbers[array];
    short[] line = step == 1 ? into : new short[columns];
    long at = (long) row * columns * Float.BYTES;
    for (int block = 0; block < columns / blockValues; block++) {
      int first = block * blockValues;
      float largest = largest(input, at + 4L * first, blockValues);
      int sum = write(input, at + 4L * first, blockValues, ByteRows.inverse(largest), line, first);
      offsets[array][block * step + lane] = (short) (-8 * sum);
      scales[array][block * step + lane] = ByteRows.scale(largest) * scaleFactor;
    }
    if (lessBefore) {
      takeBefore(line, columns);
    }
    if (step > 1) {
      for (int i = 0; i < columns; i++) {
        into[i * step + lane] = line[i];
      }
    }
  }

  /// Takes 16 times the number before it from each number but the first of a group of four.
  private static void takeBefore(short[] numbers, int count) {
    int i = 0;
    for (; i < SHORTS.loopBound(count); i += SHORTS.length()) {
      ShortVector number = ShortVector.fromArray(SHORTS, numbers, i);
      number
          .sub(
              number // a group of four is 64 bits
                  .reinterpretAsLongs()
                  .lanewise(LSHL, Short.SIZE)
                  .reinterpretAsShorts()
                  .lanewise(LSHL, 4))
          .intoArray(numbers, i);
    }
    for (int k = count - 1; k > i; k--) {
      if (k % 4 != 0) {
        numbers[k] = (short) (numbers[k] - 16 * numbers[k - 1]);
      }
    }
  }

  /// The largest magnitude; NaN if there is one.
  private static float largest(MemorySegment input, long at, int count) {
    IntVector most = IntVector.zero(INTS);
    for (int i = 0; i < count; i += INTS.length()) {
      most =
          most.max(
              IntVector.fromMemorySegment(INTS, input, at + 4L * i, LITTLE_ENDIAN)
                  .and(Integer.MAX_VALUE));
    }
    return Float.intBitsToFloat(most.reduceLanes(MAX));
  }

  /// Writes rounded numbers.
  ///
  /// @return their sum
  private static int write(
      MemorySegment input, long at, int count, float inverse, short[] into, int first) {
    IntVector sum = IntVector.zero(INTS);
    for (int i = 0; i < count; i += INTS.length()) {
      IntVector rounded =
          FloatVector.fromMemorySegment(FLOATS, input, at + 4L * i, LITTLE_ENDIAN)
              .mul(inverse)
              .add(ByteRowsVector.ROUNDING)
              .reinterpretAsInts()
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16);
      sum = sum.add(rounded);
      ByteRowsVector.store(rounded, into, first + i);
    }
    return sum.reduceLanes(ADD);
  }
}
