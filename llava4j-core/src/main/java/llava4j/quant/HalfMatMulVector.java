package llava4j.quant;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.LSHL;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;
import llava4j.quant.HalfMatMul.Rows;

/// The fast version of [HalfMatMul]'s plain loops, with the same conversions as [HalfMatVecVector].
///
/// Two rows of weights and four rows of input are multiplied together. Weights come from memory for
/// the first four inputs and from the core's cache for the others.
final class HalfMatMulVector implements HalfMatMul.Kernel {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
  private static final int INPUTS = 4;

  private final HalfMatVec.Widen widen;
  private final int shift;
  private final int bits;
  private final float sumScale;
  private final int pairs;

  /// Inputs filled up with zeros, in the order in which they are read: in separate rows, all of
  /// them would share the same few places of the core's cache. [inputs / 4, vectors, 2, 4, lanes]
  private final float[] inputs;

  private HalfMatMulVector(
      Rows input, HalfMatVec.Widen widen, int shift, int bits, float inputScale, float sumScale) {
    this.widen = widen;
    this.shift = shift;
    this.bits = bits;
    this.sumScale = sumScale;
    this.pairs = INTS.loopBound(Math.toIntExact(input.inDim() / 2));
    int groups = Math.ceilDiv(input.count(), INPUTS);
    this.inputs = new float[groups * INPUTS * 2 * pairs];
    int lanes = FLOATS.length();
    for (int row = 0; row < input.count(); row++) {
      long at = row * input.inDim() * Float.BYTES;
      for (int p = 0; p < pairs; p++) {
        int to = at(row) + p / lanes * 2 * INPUTS * lanes + row % INPUTS * lanes + p % lanes;
        inputs[to] = input.values().get(HalfMatVec.FLOAT, at + 8L * p) * inputScale;
        inputs[to + INPUTS * lanes] =
            input.values().get(HalfMatVec.FLOAT, at + 8L * p + 4) * inputScale;
      }
    }
  }

  /// Where the group of an input begins.
  private int at(int input) {
    return input / INPUTS * INPUTS * 2 * pairs;
  }

  static HalfMatMul.Kernel ofF16(Rows input) {
    return new HalfMatMulVector(
        input,
        HalfMatVec::widenF16,
        3,
        HalfMatVecVector.F16_BITS,
        HalfMatVecVector.INPUT_SCALE,
        HalfMatVecVector.SUM_SCALE);
  }

  static HalfMatMul.Kernel ofBf16(Rows input) {
    return new HalfMatMulVector(input, HalfMatVec::widenBf16, 0, HalfMatVecVector.BF16_HIGH, 1, 1);
  }

  @Override
  public void multiply(
      MemorySegment weight, Rows input, MemorySegment output, long first, long end) {
    float[] sums = new float[2 * INPUTS * FLOATS.length()];
    for (long row = first; row < end; row += 2) {
      long second = Math.min(row + 1, end - 1);
      for (int from = 0; from < input.count(); from += INPUTS) {
        multiply(weight, input, row, second, from, sums);
        for (int i = 0; i < INPUTS; i++) {
          put(weight, input, output, row, from + i, sum(sums, i));
          put(weight, input, output, second, from + i, sum(sums, INPUTS + i));
        }
      }
    }
  }

  private static float sum(float[] sums, int number) {
    return LaneSum.of(sums, number * FLOATS.length());
  }

  /// @param sums written: four vectors of the first row of weights, then of the second
  private void multiply(
      MemorySegment weight, Rows input, long row, long second, int from, float[] sums) {
    long at = row * input.inDim() * Short.BYTES;
    long apart = (second - row) * input.inDim() * Short.BYTES;
    int lanes = FLOATS.length();
    int in = at(from);
    FloatVector a0 = FloatVector.zero(FLOATS);
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    FloatVector b0 = a0;
    FloatVector b1 = a0;
    FloatVector b2 = a0;
    FloatVector b3 = a0;
    for (int p = 0; p < pairs; p += lanes) {
      IntVector a = IntVector.fromMemorySegment(INTS, weight, at + 4L * p, LITTLE_ENDIAN);
      IntVector b = IntVector.fromMemorySegment(INTS, weight, at + apart + 4L * p, LITTLE_ENDIAN);
      FloatVector aEven =
          a.lanewise(LSHL, 16).lanewise(ASHR, shift).and(bits).reinterpretAsFloats();
      FloatVector bEven =
          b.lanewise(LSHL, 16).lanewise(ASHR, shift).and(bits).reinterpretAsFloats();
      FloatVector e0 = FloatVector.fromArray(FLOATS, inputs, in);
      a0 = aEven.fma(e0, a0);
      b0 = bEven.fma(e0, b0);
      FloatVector e1 = FloatVector.fromArray(FLOATS, inputs, in + lanes);
      a1 = aEven.fma(e1, a1);
      b1 = bEven.fma(e1, b1);
      FloatVector e2 = FloatVector.fromArray(FLOATS, inputs, in + 2 * lanes);
      a2 = aEven.fma(e2, a2);
      b2 = bEven.fma(e2, b2);
      FloatVector e3 = FloatVector.fromArray(FLOATS, inputs, in + 3 * lanes);
      a3 = aEven.fma(e3, a3);
      b3 = bEven.fma(e3, b3);
      FloatVector aOdd = a.lanewise(ASHR, shift).and(bits).reinterpretAsFloats();
      FloatVector bOdd = b.lanewise(ASHR, shift).and(bits).reinterpretAsFloats();
      FloatVector o0 = FloatVector.fromArray(FLOATS, inputs, in + 4 * lanes);
      a0 = aOdd.fma(o0, a0);
      b0 = bOdd.fma(o0, b0);
      FloatVector o1 = FloatVector.fromArray(FLOATS, inputs, in + 5 * lanes);
      a1 = aOdd.fma(o1, a1);
      b1 = bOdd.fma(o1, b1);
      FloatVector o2 = FloatVector.fromArray(FLOATS, inputs, in + 6 * lanes);
      a2 = aOdd.fma(o2, a2);
      b2 = bOdd.fma(o2, b2);
      FloatVector o3 = FloatVector.fromArray(FLOATS, inputs, in + 7 * lanes);
      a3 = aOdd.fma(o3, a3);
      b3 = bOdd.fma(o3, b3);
      in += 2 * INPUTS * lanes;
    }
    a0.intoArray(sums, 0);
    a1.intoArray(sums, lanes);
    a2.intoArray(sums, 2 * lanes);
    a3.intoArray(sums, 3 * lanes);
    b0.intoArray(sums, 4 * lanes);
    b1.intoArray(sums, 5 * lanes);
    b2.intoArray(sums, 6 * lanes);
    b3.intoArray(sums, 7 * lanes);
  }

  /// Stores a sum, with the elements after the whole vectors.
  private void put(
      MemorySegment weight, Rows input, MemorySegment output, long row, int number, float sum) {
    if (number >= input.count()) {
      return;
    }
    float whole = sum * sumScale;
    for (long i = 2L * pairs; i < input.inDim(); i++) {
      whole +=
          widen.widen(weight.getAtIndex(HalfMatVec.HALF, row * input.inDim() + i))
              * input.values().getAtIndex(HalfMatVec.FLOAT, number * input.inDim() + i);
    }
    output.setAtIndex(HalfMatVec.FLOAT, number * input.outDim() + row, whole);
  }
}
