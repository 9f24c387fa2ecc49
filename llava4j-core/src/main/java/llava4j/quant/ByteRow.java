package llava4j.quant;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static llava4j.quant.PagedAttention.FLOAT;
import static llava4j.quant.PagedAttention.MEMORY;

import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// One head of a key or value in 8 bits: `headDim` signed bytes, then an fp32 scale for every
/// [#GROUP] of them, as Q8_0 has them but for the type of the scale. A group with a number that is
/// not finite has a scale that is not finite.
final class ByteRow {
  /// Numbers with one scale.
  static final int GROUP = 32;

  private static final int MOST = 127;

  /// A number of at most 127 and this have no fraction together: the low byte is its nearest
  /// integer.
  private static final float TO_WHOLE = 12582912f; // 3 * 2^22

  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();

  /// As many bytes as `FLOATS` has lanes, or the fewest that a vector can have.
  private static final VectorSpecies<Byte> BYTES =
      VectorSpecies.of(
          byte.class, VectorShape.forBitSize(Math.max(64, FLOATS.length() * Byte.SIZE)));

  /// Bytes that are read at once: [#PARTS] vectors of floats.
  static final int WIDTH = BYTES.length();

  static final int PARTS = WIDTH / FLOATS.length();

  private ByteRow() {}

  /// Number of scales.
  static int groups(int headDim) {
    return Math.ceilDiv(headDim, GROUP);
  }

  /// Bytes of a row.
  static int bytes(int headDim) {
    return headDim + groups(headDim) * Float.BYTES;
  }

  /// Reads [#WIDTH] bytes.
  static ByteVector load(long place) {
    return ByteVector.fromMemorySegment(BYTES, MEMORY, place, LITTLE_ENDIAN);
  }

  /// One of [#PARTS] parts of some bytes as floats.
  static FloatVector floats(ByteVector bytes, int part) {
    return (FloatVector) bytes.convertShape(VectorOperators.B2F, FLOATS, part);
  }

  static float scale(long row, int headDim, int group) {
    return MEMORY.get(FLOAT, scaleAt(row, headDim, group));
  }

  static byte number(long row, int i) {
    return MEMORY.get(ValueLayout.JAVA_BYTE, row + i);
  }

  /// Writes a row. Whether all its numbers are finite.
  ///
  /// @param source `[headDim]`, fp32
  static boolean write(long source, int headDim, long row) {
    boolean finite = true;
    for (int group = 0; group < groups(headDim); group++) {
      int from = group * GROUP;
      int end = Math.min(headDim, from + GROUP);
      float most = end - from == GROUP ? mostOfWhole(source, from) : most(source, from, end);
      finite &= most <= Float.MAX_VALUE;
      // a smaller factor's reciprocal is no number
      float factor = most >= Float.MIN_NORMAL * MOST ? MOST / most : 0;
      int i = from;
      for (; i + WIDTH <= end; i += LANES) {
        FloatVector.fromMemorySegment(FLOATS, MEMORY, place(source, i), LITTLE_ENDIAN)
            .mul(factor)
            .add(TO_WHOLE)
            .reinterpretAsInts()
            .convertShape(VectorOperators.I2B, BYTES, 0)
            .reinterpretAsBytes()
            .intoMemorySegment(MEMORY, row + i, LITTLE_ENDIAN); // bytes behind LANES: written next
      }
      for (; i < end; i++) {
        float shifted = MEMORY.get(FLOAT, place(source, i)) * factor + TO_WHOLE;
        MEMORY.set(ValueLayout.JAVA_BYTE, row + i, (byte) Float.floatToRawIntBits(shifted));
      }
      MEMORY.set(FLOAT, scaleAt(row, headDim, group), factor == 0 && most < 1 ? 0 : most / MOST);
    }
    return finite;
  }

  private static long place(long numbers, int i) {
    return numbers + (long) i * Float.BYTES;
  }

  private static long scaleAt(long row, int headDim, int group) {
    return row + headDim + (long) group * Float.BYTES;
  }

  /// The largest magnitude; NaN if one is NaN.
  private static float most(long source, int from, int end) {
    float most = 0;
    for (int i = from; i < end; i++) {
      most = Math.max(most, Math.abs(MEMORY.get(FLOAT, place(source, i))));
    }
    return most;
  }

  private static float mostOfWhole(long source, int from) {
    FloatVector most = FloatVector.zero(FLOATS);
    for (int i = from; i < from + GROUP; i += LANES) {
      most =
          most.max(
              FloatVector.fromMemorySegment(FLOATS, MEMORY, place(source, i), LITTLE_ENDIAN).abs());
    }
    return most.reduceLanes(VectorOperators.MAX); // in any order
  }

  /// Whether all numbers were finite when they were written.
  static boolean isFinite(long row, int headDim) {
    boolean finite = true;
    for (int group = 0; group < groups(headDim); group++) {
      finite &= Math.abs(scale(row, headDim, group)) <= Float.MAX_VALUE;
    }
    return finite;
  }

  /// Reads a row.
  ///
  /// @param target `[headDim]`, fp32
  static void read(long row, int headDim, long target) {
    for (int group = 0; group < groups(headDim); group++) {
      float scale = scale(row, headDim, group);
      int end = Math.min(headDim, (group + 1) * GROUP);
      int i = group * GROUP;
      for (; i + WIDTH <= end; i += WIDTH) {
        ByteVector bytes = load(row + i);
        for (int part = 0; part < PARTS; part++) {
          floats(bytes, part)
              .mul(scale)
              .intoMemorySegment(MEMORY, place(target, i + part * LANES), LITTLE_ENDIAN);
        }
      }
      for (; i < end; i++) {
        MEMORY.set(FLOAT, place(target, i), number(row, i) * scale);
      }
    }
  }
}
