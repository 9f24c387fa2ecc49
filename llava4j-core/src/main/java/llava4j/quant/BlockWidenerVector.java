package llava4j.quant;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.B2I;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.S2I;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import llava4j.quant.BlockMatrix.Layout;
import llava4j.quant.BlockMatrix.Row;

/// The kernel of [BlockWidener] on the Vector API, for vectors of 256 and 512 bits. An int holds a
/// pair of neighbours, so what is stored are two bf16 numbers in one int.
final class BlockWidenerVector {
  static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
  static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;

  /// A byte for each int: a pair of 4-bit numbers.
  private static final VectorSpecies<Byte> BYTES =
      INTS.length() == 16 ? ByteVector.SPECIES_128 : ByteVector.SPECIES_64;

  /// Two bytes for each int: a pair of 8-bit numbers.
  private static final VectorSpecies<Byte> BYTE_PAIRS =
      INTS.length() == 16 ? ByteVector.SPECIES_256 : ByteVector.SPECIES_128;

  /// Pairs of the smallest block.
  private static final int LEAST_PAIRS = 8;

  /// The lanes of a second block, where a vector covers two.
  private static final VectorMask<Float> SECOND =
      FLOATS.indexInRange(-LEAST_PAIRS, FLOATS.length());

  private static final int HIGH_HALF = 0xFFFF0000;

  private BlockWidenerVector() {}

  /// Whether there are such vectors, and rows of this layout and length fill them.
  static boolean takes(Layout layout, long columns) {
    return (INTS.length() == 16 || INTS.length() == 8)
        && layout.blockValues() >= 2 * LEAST_PAIRS
        && columns % (2L * INTS.length()) == 0;
  }

  /// Writes the row as bf16 from byte `at` of `target` on.
  static void widen(Row row, Layout layout, MemorySegment target, long at) {
    int lanes = INTS.length();
    int pairs = row.packed.length * 8 / layout.bits() / 2;
    int pairsPerBlock = layout.blockValues() / 2;
    boolean two = pairsPerBlock < lanes;
    boolean eight = layout.bits() == 8;
    boolean minimums = layout.hasMinimums();
    for (int pair = 0; pair < pairs; pair += lanes) {
      int block = pair / pairsPerBlock;
      IntVector numbers = eight ? pairs8(row.packed, pair) : pairs4(row.packed, pair);
      FloatVector scale = ofBlocks(row.scales, block, two);
      FloatVector even = scale.mul(eight ? low8(numbers) : low4(numbers));
      FloatVector odd = scale.mul(eight ? high8(numbers) : high4(numbers));
      if (minimums) {
        FloatVector minimum = ofBlocks(row.minimums, block, two);
        even = even.add(minimum);
        odd = odd.add(minimum);
      }
      IntVector first = rounded(even).lanewise(LSHR, 16);
      first
          .or(rounded(odd).and(HIGH_HALF))
          .intoMemorySegment(target, at + 4L * pair, LITTLE_ENDIAN);
    }
  }

  static FloatVector ofBlocks(float[] values, int block, boolean two) {
    FloatVector first = FloatVector.broadcast(FLOATS, values[block]);
    return two ? first.blend(values[block + 1], SECOND) : first;
  }

  static IntVector pairs4(byte[] packed, int pair) {
    return (IntVector) ByteVector.fromArray(BYTES, packed, pair).convertShape(B2I, INTS, 0);
  }

  static IntVector pairs8(byte[] packed, int pair) {
    return (IntVector)
        ByteVector.fromArray(BYTE_PAIRS, packed, 2 * pair)
            .reinterpretAsShorts()
            .convertShape(S2I, INTS, 0);
  }

  static FloatVector low4(IntVector pairs) {
    return floats(pairs.and(15).sub(8));
  }

  static FloatVector high4(IntVector pairs) {
    return floats(pairs.lanewise(LSHR, 4).and(15).sub(8));
  }

  static FloatVector low8(IntVector pairs) {
    return floats(pairs.and(255).sub(128));
  }

  static FloatVector high8(IntVector pairs) {
    return floats(pairs.lanewise(LSHR, 8).and(255).sub(128));
  }

  private static FloatVector floats(IntVector numbers) {
    return (FloatVector) numbers.convertShape(VectorOperators.I2F, FLOATS, 0);
  }

  /// Bits of finite values, rounded to the upper half: to nearest, ties to even.
  static IntVector rounded(FloatVector values) {
    IntVector bits = values.reinterpretAsInts();
    return bits.add(bits.lanewise(LSHR, 16).and(1)).add(0x7FFF);
  }
}
