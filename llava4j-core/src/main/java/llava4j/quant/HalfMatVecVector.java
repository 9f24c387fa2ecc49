package llava4j.quant;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.LSHL;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/// The fast version of [HalfMatVec]'s plain loops. It can be loaded only if the JVM has the Vector
/// API.
///
/// Each 32-bit lane has two 16-bit weights, so the input row is first split into even and odd
/// elements. Four output rows are computed together: the input is read once for them, and eight
/// sums hide the latency of the multiply-adds. Measured with two threads on a machine with 27 GB/s:
/// 15 GB/s with one row at a time, 21 (F16) and 25 (BF16) with four rows. The bodies are written
/// out, because a helper method that is not inlined is several times slower.
final class HalfMatVecVector {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
  private static final int ROWS = 4;

  /// An F16 moved 13 places up has its sign in bits 31..28 (by the arithmetic shift) and reads, as
  /// an fp32, 2^-112 times its value. The input is scaled up by 2^64 and the sums by 2^48, which
  /// meets in the middle of fp32's range.
  static final int F16_BITS = 0x8FFFE000;

  static final float INPUT_SCALE = 0x1p64f;
  static final float SUM_SCALE = 0x1p48f;
  static final int BF16_HIGH = 0xFFFF0000;

  private HalfMatVecVector() {}

  static int vectorBits() {
    return FLOATS.vectorBitSize();
  }

  /// F16. Infinity and NaN are not preserved; valid weights have none.
  static void multiplyF16(
      MemorySegment weight,
      long inDim,
      MemorySegment input,
      MemorySegment output,
      long firstRow,
      long endRow) {
    SplitInput split = SplitInput.of(input, inDim, INPUT_SCALE);
    long stride = inDim * Short.BYTES;
    long row = firstRow;
    for (; row + ROWS <= endRow; row += ROWS) {
      long at = row * stride;
      FloatVector e0 = FloatVector.zero(FLOATS);
      FloatVector e1 = e0;
      FloatVector e2 = e0;
      FloatVector e3 = e0;
      FloatVector o0 = e0;
      FloatVector o1 = e0;
      FloatVector o2 = e0;
      FloatVector o3 = e0;
      for (int p = 0; p < split.bound(); p += FLOATS.length()) {
        FloatVector even = FloatVector.fromArray(FLOATS, split.even(), p);
        FloatVector odd = FloatVector.fromArray(FLOATS, split.odd(), p);
        long place = at + 4L * p;
        IntVector w0 = IntVector.fromMemorySegment(INTS, weight, place, LITTLE_ENDIAN);
        IntVector w1 = IntVector.fromMemorySegment(INTS, weight, place + stride, LITTLE_ENDIAN);
        IntVector w2 = IntVector.fromMemorySegment(INTS, weight, place + 2 * stride, LITTLE_ENDIAN);
        IntVector w3 = IntVector.fromMemorySegment(INTS, weight, place + 3 * stride, LITTLE_ENDIAN);
        e0 =
            w0.lanewise(LSHL, 16)
                .lanewise(ASHR, 3)
                .and(F16_BITS)
                .reinterpretAsFloats()
                .fma(even, e0);
        o0 = w0.lanewise(ASHR, 3).and(F16_BITS).reinterpretAsFloats().fma(odd, o0);
        e1 =
            w1.lanewise(LSHL, 16)
                .lanewise(ASHR, 3)
                .and(F16_BITS)
                .reinterpretAsFloats()
                .fma(even, e1);
        o1 = w1.lanewise(ASHR, 3).and(F16_BITS).reinterpretAsFloats().fma(odd, o1);
        e2 =
            w2.lanewise(LSHL, 16)
                .lanewise(ASHR, 3)
                .and(F16_BITS)
                .reinterpretAsFloats()
                .fma(even, e2);
        o2 = w2.lanewise(ASHR, 3).and(F16_BITS).reinterpretAsFloats().fma(odd, o2);
        e3 =
            w3.lanewise(LSHL, 16)
                .lanewise(ASHR, 3)
                .and(F16_BITS)
                .reinterpretAsFloats()
                .fma(even, e3);
        o3 = w3.lanewise(ASHR, 3).and(F16_BITS).reinterpretAsFloats().fma(odd, o3);
      }
      put(output, row, LaneSum.of(e0.add(o0)) * SUM_SCALE);
      put(output, row + 1, LaneSum.of(e1.add(o1)) * SUM_SCALE);
      put(output, row + 2, LaneSum.of(e2.add(o2)) * SUM_SCALE);
      put(output, row + 3, LaneSum.of(e3.add(o3)) * SUM_SCALE);
      addTail(HalfMatVec::widenF16, weight, inDim, input, output, row, row + ROWS, split.tail());
    }
    zero(output, row, endRow);
    addTail(HalfMatVec::widenF16, weight, inDim, input, output, row, endRow, 0);
  }

  /// BF16 is the upper half of an fp32.
  static void multiplyBf16(
      MemorySegment weight,
      long inDim,
      MemorySegment input,
      MemorySegment output,
      long firstRow,
      long endRow) {
    SplitInput split = SplitInput.of(input, inDim, 1);
    long stride = inDim * Short.BYTES;
    long row = firstRow;
    for (; row + ROWS <= endRow; row += ROWS) {
      long at = row * stride;
      FloatVector e0 = FloatVector.zero(FLOATS);
      FloatVector e1 = e0;
      FloatVector e2 = e0;
      FloatVector e3 = e0;
      FloatVector o0 = e0;
      FloatVector o1 = e0;
      FloatVector o2 = e0;
      FloatVector o3 = e0;
      for (int p = 0; p < split.bound(); p += FLOATS.length()) {
        FloatVector even = FloatVector.fromArray(FLOATS, split.even(), p);
        FloatVector odd = FloatVector.fromArray(FLOATS, split.odd(), p);
        long place = at + 4L * p;
        IntVector w0 = IntVector.fromMemorySegment(INTS, weight, place, LITTLE_ENDIAN);
        IntVector w1 = IntVector.fromMemorySegment(INTS, weight, place + stride, LITTLE_ENDIAN);
        IntVector w2 = IntVector.fromMemorySegment(INTS, weight, place + 2 * stride, LITTLE_ENDIAN);
        IntVector w3 = IntVector.fromMemorySegment(INTS, weight, place + 3 * stride, LITTLE_ENDIAN);
        e0 = w0.lanewise(LSHL, 16).reinterpretAsFloats().fma(even, e0);
        o0 = w0.and(BF16_HIGH).reinterpretAsFloats().fma(odd, o0);
        e1 = w1.lanewise(LSHL, 16).reinterpretAsFloats().fma(even, e1);
        o1 = w1.and(BF16_HIGH).reinterpretAsFloats().fma(odd, o1);
        e2 = w2.lanewise(LSHL, 16).reinterpretAsFloats().fma(even, e2);
        o2 = w2.and(BF16_HIGH).reinterpretAsFloats().fma(odd, o2);
        e3 = w3.lanewise(LSHL, 16).reinterpretAsFloats().fma(even, e3);
        o3 = w3.and(BF16_HIGH).reinterpretAsFloats().fma(odd, o3);
      }
      put(output, row, LaneSum.of(e0.add(o0)));
      put(output, row + 1, LaneSum.of(e1.add(o1)));
      put(output, row + 2, LaneSum.of(e2.add(o2)));
      put(output, row + 3, LaneSum.of(e3.add(o3)));
      addTail(HalfMatVec::widenBf16, weight, inDim, input, output, row, row + ROWS, split.tail());
    }
    zero(output, row, endRow);
    addTail(HalfMatVec::widenBf16, weight, inDim, input, output, row, endRow, 0);
  }

  /// The input row, scaled and split into two arrays.
  ///
  /// @param bound number of pairs in whole vectors
  /// @param tail index of the first element after them
  private record SplitInput(float[] even, float[] odd, int bound, long tail) {
    static SplitInput of(MemorySegment input, long inDim, float scale) {
      int pairs = Math.toIntExact(inDim / 2);
      float[] even = new float[pairs];
      float[] odd = new float[pairs];
      for (int p = 0; p < pairs; p++) {
        even[p] = input.getAtIndex(HalfMatVec.FLOAT, 2L * p) * scale;
        odd[p] = input.getAtIndex(HalfMatVec.FLOAT, 2L * p + 1) * scale;
      }
      int bound = INTS.loopBound(pairs);
      return new SplitInput(even, odd, bound, 2L * bound);
    }
  }

  /// The remaining elements from `firstElement` on, after the whole vectors.
  private static void addTail(
      HalfMatVec.Widen widen,
      MemorySegment weight,
      long inDim,
      MemorySegment input,
      MemorySegment output,
      long firstRow,
      long endRow,
      long firstElement) {
    if (firstElement == inDim) {
      return;
    }
    for (long row = firstRow; row < endRow; row++) {
      float sum = output.getAtIndex(HalfMatVec.FLOAT, row);
      for (long i = firstElement; i < inDim; i++) {
        sum +=
            widen.widen(weight.getAtIndex(HalfMatVec.HALF, row * inDim + i))
                * input.getAtIndex(HalfMatVec.FLOAT, i);
      }
      put(output, row, sum);
    }
  }

  private static void zero(MemorySegment output, long firstRow, long endRow) {
    for (long row = firstRow; row < endRow; row++) {
      put(output, row, 0);
    }
  }

  private static void put(MemorySegment output, long row, float value) {
    output.setAtIndex(HalfMatVec.FLOAT, row, value);
  }
}
