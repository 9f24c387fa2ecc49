package llava4j.quant;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.I2B;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.I2S;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.MAX;
import static llava4j.quant.BlockWidenerVector.FLOATS;
import static llava4j.quant.BlockWidenerVector.INTS;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorSpecies;
import llava4j.quant.BlockMatrix.Layout;
import llava4j.quant.BlockMatrix.Row;

/// The kernels of [ByteRows], [BlockNarrower] and [ByteSums] on the Vector API. They give the same
/// numbers as the plain ones.
final class ByteRowsVector {
  private static final VectorSpecies<Byte> BYTES =
      INTS.length() == 16 ? ByteVector.SPECIES_128 : ByteVector.SPECIES_64;
  private static final VectorSpecies<Short> SHORTS =
      switch (INTS.length()) {
        case 16 -> ShortVector.SPECIES_256;
        case 8 -> ShortVector.SPECIES_128;
        default -> ShortVector.SPECIES_64;
      };

  /// Added to a float below 2^22, it leaves the nearest integer in the low bits.
  static final float ROUNDING = 0x1.8p23f;

  private ByteRowsVector() {}

  /// As `ByteRows.plain`.
  static void round(
      MemorySegment input,
      long at,
      int columns,
      MemorySegment target,
      long to,
      ByteRows into,
      int row) {
    int lanes = FLOATS.length();
    int bound = FLOATS.loopBound(columns);
    IntVector most = IntVector.zero(INTS);
    FloatVector sums = FloatVector.zero(FLOATS);
    for (int i = 0; i < bound; i += lanes) {
      FloatVector values = FloatVector.fromMemorySegment(FLOATS, input, at + 4L * i, LITTLE_ENDIAN);
      most = most.max(values.reinterpretAsInts().and(Integer.MAX_VALUE));
      sums = values.fma(values, sums);
    }
    int largest = most.reduceLanes(MAX);
    float squares = LaneSum.of(sums);
    for (int i = bound; i < columns; i++) {
      float value = input.get(HalfMatVec.FLOAT, at + 4L * i);
      largest = Math.max(largest, Float.floatToRawIntBits(value) & Integer.MAX_VALUE);
      squares += value * value;
    }
    float inverse = into.set(row, Float.intBitsToFloat(largest), squares, columns);
    for (int i = 0; i < bound; i += lanes) {
      FloatVector values = FloatVector.fromMemorySegment(FLOATS, input, at + 4L * i, LITTLE_ENDIAN);
      IntVector numbers = values.mul(inverse).add(ROUNDING).reinterpretAsInts();
      ((ByteVector) numbers.convertShape(I2B, BYTES, 0))
          .intoMemorySegment(target, to + i, LITTLE_ENDIAN);
    }
    for (int i = bound; i < columns; i++) {
      target.set(
          ValueLayout.JAVA_BYTE,
          to + i,
          ByteRows.nearest(input.get(HalfMatVec.FLOAT, at + 4L * i) * inverse));
    }
  }

  /// Stores integers of 16 bits.
  static void store(IntVector numbers, short[] into, int at) {
    ((ShortVector) numbers.convertShape(I2S, SHORTS, 0)).intoArray(into, at);
  }

  /// The largest magnitude of a row of 8-bit numbers.
  static float largest8(Row row, Layout layout) {
    int lanes = INTS.length();
    int pairs = row.packed.length / 2;
    int pairsPerBlock = layout.blockValues() / 2;
    boolean two = pairsPerBlock < lanes;
    FloatVector most = FloatVector.zero(FLOATS);
    for (int pair = 0; pair < pairs; pair += lanes) {
      int block = pair / pairsPerBlock;
      IntVector numbers = BlockWidenerVector.pairs8(row.packed, pair);
      FloatVector scale = BlockWidenerVector.ofBlocks(row.scales, block, two);
      FloatVector even = scale.mul(BlockWidenerVector.low8(numbers));
      FloatVector odd = scale.mul(BlockWidenerVector.high8(numbers));
      if (layout.hasMinimums()) {
        FloatVector minimum = BlockWidenerVector.ofBlocks(row.minimums, block, two);
        even = even.add(minimum);
        odd = odd.add(minimum);
      }
      most = most.max(even.abs()).max(odd.abs());
    }
    return most.reduceLanes(MAX);
  }

  /// Writes a row whose scales and minimums were multiplied by the factor from values to numbers.
  static void narrow(Row row, Layout layout, MemorySegment target, long at) {
    int lanes = INTS.length();
    int pairs = row.packed.length * 8 / layout.bits() / 2;
    int pairsPerBlock = layout.blockValues() / 2;
    boolean two = pairsPerBlock < lanes;
    boolean eight = layout.bits() == 8;
    boolean minimums = layout.hasMinimums();
    for (int pair = 0; pair < pairs; pair += lanes) {
      int block = pair / pairsPerBlock;
      IntVector numbers =
          eight
              ? BlockWidenerVector.pairs8(row.packed, pair)
              : BlockWidenerVector.pairs4(row.packed, pair);
      FloatVector scale = BlockWidenerVector.ofBlocks(row.scales, block, two);
      FloatVector even =
          scale.mul(eight ? BlockWidenerVector.low8(numbers) : BlockWidenerVector.low4(numbers));
      FloatVector odd =
          scale.mul(eight ? BlockWidenerVector.high8(numbers) : BlockWidenerVector.high4(numbers));
      if (minimums) {
        FloatVector minimum = BlockWidenerVector.ofBlocks(row.minimums, block, two);
        even = even.add(minimum);
        odd = odd.add(minimum);
      }
      IntVector low = even.add(ROUNDING).reinterpretAsInts().and(255);
      IntVector high = odd.add(ROUNDING).reinterpretAsInts().lanewise(LSHL, 8);
      ((ShortVector) low.or(high).convertShape(I2S, SHORTS, 0))
          .intoMemorySegment(target, at + 2L * pair, LITTLE_ENDIAN);
    }
  }

  /// As `ByteSums.plain`.
  static void toFloats(
      MemorySegment sums,
      long from,
      float[] columnScales,
      int firstScale,
      int count,
      float rowScale,
      MemorySegment output,
      long to) {
    int bound = FLOATS.loopBound(count);
    for (int i = 0; i < bound; i += FLOATS.length()) {
      IntVector integers = IntVector.fromMemorySegment(INTS, sums, from + 4L * i, LITTLE_ENDIAN);
      FloatVector.fromArray(FLOATS, columnScales, firstScale + i)
          .mul(rowScale)
          .mul((FloatVector) integers.convertShape(I2F, FLOATS, 0))
          .intoMemorySegment(output, to + 4L * i, LITTLE_ENDIAN);
    }
    ByteSums.plain(
        sums,
        from + 4L * bound,
        columnScales,
        firstScale + bound,
        count - bound,
        rowScale,
        output,
        to + 4L * bound);
  }
}
