package llava4j.quant;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.F2I;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.MAX;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/// The kernel of [HalfAttention] on the Vector API. Two F16 are read as one int and widened as
/// [HalfMatVecVector] does it.
final class HalfAttentionVector implements HalfAttention.Kernel {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;

  /// Below it, e^x is no normal number.
  private static final float LEAST_EXPONENT = -87;

  private static final float LOG2_E = 1.442695f;

  /// Added and taken away again, it rounds to a whole number.
  private static final float ROUNDER = 0x1.8p23f;

  private static final float LN2_HIGH = 0x1.63p-1f;
  private static final float LN2_LOW = -2.1219444E-4f;
  private static final float[] EXP_TERMS = {
    0.00019875691f, 0.0013981999f, 0.008333452f, 0.041665796f, 0.16666666f, 0.5f, 1, 1
  };

  @Override
  public void scores(
      MemorySegment keys,
      int headDim,
      MemorySegment query,
      MemorySegment scores,
      long first,
      long end) {
    HalfMatVecVector.multiplyF16(keys, headDim, query, scores, first, end);
  }

  @Override
  public void softmax(float[] scores, int first, int end, float scale) {
    int bound = first + FLOATS.loopBound(end - first);
    FloatVector mosts = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
    int j = first;
    for (; j < bound; j += FLOATS.length()) {
      mosts = mosts.max(FloatVector.fromArray(FLOATS, scores, j));
    }
    float most = mosts.reduceLanes(MAX);
    for (; j < end; j++) {
      most = Math.max(most, scores[j]);
    }
    FloatVector sums = FloatVector.zero(FLOATS);
    for (j = first; j < bound; j += FLOATS.length()) {
      FloatVector weights = exp(FloatVector.fromArray(FLOATS, scores, j).sub(most).mul(scale));
      weights.intoArray(scores, j);
      sums = sums.add(weights);
    }
    float sum = 0;
    float[] ofLanes = sums.toArray();
    for (float ofLane : ofLanes) {
      sum += ofLane; // in a fixed order, which reduceLanes does not promise
    }
    for (; j < end; j++) {
      scores[j] = exp((scores[j] - most) * scale);
      sum += scores[j];
    }
    float share = 1 / sum;
    for (j = first; j < bound; j += FLOATS.length()) {
      FloatVector.fromArray(FLOATS, scores, j).mul(share).intoArray(scores, j);
    }
    for (; j < end; j++) {
      scores[j] *= share;
    }
  }

  /// e^x for x of at most 0, to 2 units in the last place (Cephes' polynomial). Java's own gives
  /// other bits when it is compiled than before, so an answer could depend on what was asked
  /// earlier.
  private static FloatVector exp(FloatVector x) {
    FloatVector held = x.max(LEAST_EXPONENT);
    FloatVector n = held.fma(broadcast(LOG2_E), broadcast(ROUNDER)).sub(ROUNDER);
    FloatVector r = n.fma(broadcast(-LN2_HIGH), held);
    r = n.fma(broadcast(-LN2_LOW), r);
    FloatVector sum = broadcast(EXP_TERMS[0]);
    for (int i = 1; i < EXP_TERMS.length; i++) {
      sum = sum.fma(r, broadcast(EXP_TERMS[i]));
    }
    IntVector exponent = (IntVector) n.convertShape(F2I, INTS, 0);
    return sum.mul(exponent.add(127).lanewise(LSHL, 23).reinterpretAsFloats());
  }

  private static FloatVector broadcast(float value) {
    return FloatVector.broadcast(FLOATS, value);
  }

  /// As [#exp(FloatVector)], of one number.
  private static float exp(float x) {
    float held = Math.max(x, LEAST_EXPONENT);
    float n = Math.fma(held, LOG2_E, ROUNDER) - ROUNDER;
    float r = Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, held));
    float sum = EXP_TERMS[0];
    for (int i = 1; i < EXP_TERMS.length; i++) {
      sum = Math.fma(sum, r, EXP_TERMS[i]);
    }
    return sum * Float.intBitsToFloat(((int) n + 127) << 23);
  }

  @Override
  public void blend(
      MemorySegment values,
      int headDim,
      float[] weights,
      int first,
      int end,
      MemorySegment output) {
    int pairs = headDim / 2;
    int lanes = INTS.length();
    float[] even = new float[lanes];
    float[] odd = new float[lanes];
    int pair = 0;
    for (; pair + 4 * lanes <= pairs; pair += 4 * lanes) {
      blendFour(values, headDim, weights, first, end, pair, output, even, odd);
    }
    for (; pair + lanes <= pairs; pair += lanes) {
      blendOne(values, headDim, weights, first, end, pair, output, even, odd);
    }
    for (int i = 2 * pair; i < headDim; i++) {
      float sum = 0;
      for (int j = first; j < end; j++) {
        sum +=
            weights[j]
                * HalfMatVec.widenF16(values.getAtIndex(HalfMatVec.HALF, (long) j * headDim + i));
      }
      output.setAtIndex(HalfMatVec.FLOAT, i, sum);
    }
  }

  /// Four vectors of pairs at once: the 128 numbers of a head where vectors have 512 bits.
  private static void blendFour(
      MemorySegment values,
      int headDim,
      float[] weights,
      int first,
      int end,
      int pair,
      MemorySegment output,
      float[] even,
      float[] odd) {
    long stride = (long) headDim * Short.BYTES;
    int step = INTS.vectorByteSize();
    FloatVector e0 = FloatVector.zero(FLOATS);
    FloatVector e1 = e0;
    FloatVector e2 = e0;
    FloatVector e3 = e0;
    FloatVector o0 = e0;
    FloatVector o1 = e0;
    FloatVector o2 = e0;
    FloatVector o3 = e0;
    for (int j = first; j < end; j++) {
      long at = j * stride + 4L * pair;
      FloatVector weight = FloatVector.broadcast(FLOATS, weights[j] * HalfMatVecVector.INPUT_SCALE);
      IntVector v0 = IntVector.fromMemorySegment(INTS, values, at, LITTLE_ENDIAN);
      IntVector v1 = IntVector.fromMemorySegment(INTS, values, at + step, LITTLE_ENDIAN);
      IntVector v2 = IntVector.fromMemorySegment(INTS, values, at + 2L * step, LITTLE_ENDIAN);
      IntVector v3 = IntVector.fromMemorySegment(INTS, values, at + 3L * step, LITTLE_ENDIAN);
      e0 = low(v0).fma(weight, e0);
      o0 = high(v0).fma(weight, o0);
      e1 = low(v1).fma(weight, e1);
      o1 = high(v1).fma(weight, o1);
      e2 = low(v2).fma(weight, e2);
      o2 = high(v2).fma(weight, o2);
      e3 = low(v3).fma(weight, e3);
      o3 = high(v3).fma(weight, o3);
    }
    int lanes = INTS.length();
    put(e0, o0, pair, output, even, odd);
    put(e1, o1, pair + lanes, output, even, odd);
    put(e2, o2, pair + 2 * lanes, output, even, odd);
    put(e3, o3, pair + 3 * lanes, output, even, odd);
  }

  private static void blendOne(
      MemorySegment values,
      int headDim,
      float[] weights,
      int first,
      int end,
      int pair,
      MemorySegment output,
      float[] even,
      float[] odd) {
    long stride = (long) headDim * Short.BYTES;
    FloatVector e = FloatVector.zero(FLOATS);
    FloatVector o = e;
    for (int j = first; j < end; j++) {
      FloatVector weight = FloatVector.broadcast(FLOATS, weights[j] * HalfMatVecVector.INPUT_SCALE);
      IntVector v =
          IntVector.fromMemorySegment(INTS, values, j * stride + 4L * pair, LITTLE_ENDIAN);
      e = low(v).fma(weight, e);
      o = high(v).fma(weight, o);
    }
    put(e, o, pair, output, even, odd);
  }

  /// The first number of each pair, 2^-112 times its value.
  private static FloatVector low(IntVector pairs) {
    return pairs
        .lanewise(LSHL, 16)
        .lanewise(ASHR, 3)
        .and(HalfMatVecVector.F16_BITS)
        .reinterpretAsFloats();
  }

  /// The second number of each pair, 2^-112 times its value.
  private static FloatVector high(IntVector pairs) {
    return pairs.lanewise(ASHR, 3).and(HalfMatVecVector.F16_BITS).reinterpretAsFloats();
  }

  private static void put(
      FloatVector evenSums,
      FloatVector oddSums,
      int pair,
      MemorySegment output,
      float[] even,
      float[] odd) {
    evenSums.mul(HalfMatVecVector.SUM_SCALE).intoArray(even, 0);
    oddSums.mul(HalfMatVecVector.SUM_SCALE).intoArray(odd, 0);
    for (int i = 0; i < even.length; i++) {
      output.setAtIndex(HalfMatVec.FLOAT, 2L * (pair + i), even[i]);
      output.setAtIndex(HalfMatVec.FLOAT, 2L * (pair + i) + 1, odd[i]);
    }
  }
}
