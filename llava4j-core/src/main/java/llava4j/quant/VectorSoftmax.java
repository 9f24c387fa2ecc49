package llava4j.quant;

import static jdk.incubator.vector.VectorOperators.F2I;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.MAX;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/// Softmax on the Vector API.
final class VectorSoftmax {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;

  /// What smaller numbers are taken for; e^x of it comes out as 0, because its exponent has no bits
  /// left, as for all numbers below about -87.7.
  static final float LEAST_EXPONENT = -88;

  static final float LOG2_E = 1.442695f;

  /// Added and taken away again, it rounds to a whole number.
  static final float ROUNDER = 0x1.8p23f;

  static final float LN2_HIGH = 0x1.63p-1f;
  static final float LN2_LOW = -2.1219444E-4f;
  static final float[] EXP_TERMS = {
    0.00019875691f, 0.0013981999f, 0.008333452f, 0.041665796f, 0.16666666f, 0.5f, 1, 1
  };

  private VectorSoftmax() {}

  /// From the first `length` scores to weights that add up to one, in place.
  ///
  /// @param scale what scores are multiplied with
  static void softmax(float[] scores, int length, float scale) {
    int bound = FLOATS.loopBound(length);
    FloatVector mosts = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
    int j = 0;
    for (; j < bound; j += FLOATS.length()) {
      mosts = mosts.max(FloatVector.fromArray(FLOATS, scores, j));
    }
    float most = mosts.reduceLanes(MAX);
    for (; j < length; j++) {
      most = Math.max(most, scores[j]);
    }
    FloatVector sums = FloatVector.zero(FLOATS);
    for (j = 0; j < bound; j += FLOATS.length()) {
      FloatVector weights = exp(FloatVector.fromArray(FLOATS, scores, j).sub(most).mul(scale));
      weights.intoArray(scores, j);
      sums = sums.add(weights);
    }
    float sum = 0;
    float[] ofLanes = sums.toArray();
    for (float ofLane : ofLanes) {
      sum += ofLane; // in a fixed order, which reduceLanes does not promise
    }
    for (; j < length; j++) {
      scores[j] = exp((scores[j] - most) * scale);
      sum += scores[j];
    }
    float share = 1 / sum;
    for (j = 0; j < bound; j += FLOATS.length()) {
      FloatVector.fromArray(FLOATS, scores, j).mul(share).intoArray(scores, j);
    }
    for (; j < length; j++) {
      scores[j] *= share;
    }
  }

  /// e^x for x of at most 0, to 2 units in the last place (Cephes' polynomial), but for the last
  /// numbers above 0, which are no normal ones. Java's own gives other bits when it is compiled
  /// than before, so an answer could depend on what was asked earlier.
  static FloatVector exp(FloatVector x) {
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
  static float exp(float x) {
    float held = Math.max(x, LEAST_EXPONENT);
    float n = Math.fma(held, LOG2_E, ROUNDER) - ROUNDER;
    float r = Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, held));
    float sum = EXP_TERMS[0];
    for (int i = 1; i < EXP_TERMS.length; i++) {
      sum = Math.fma(sum, r, EXP_TERMS[i]);
    }
    return sum * Float.intBitsToFloat(((int) n + 127) << 23);
  }
}
