package llava4j.quant;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/// The sum of a vector's lanes in a fixed order: halves are added to each other until one lane is
/// left. `reduceLanes` promises no order, and compiled code takes another one than the interpreter:
/// an answer would depend on what was asked before.
final class LaneSum {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();
  private static final VectorShuffle<Float> BY_8 = shuffle(8);
  private static final VectorShuffle<Float> BY_4 = shuffle(4);
  private static final VectorShuffle<Float> BY_2 = shuffle(2);
  private static final VectorShuffle<Float> BY_1 = shuffle(1);

  private LaneSum() {}

  static float of(FloatVector vector) {
    FloatVector sum = vector;
    if (LANES > 8) {
      sum = sum.add(sum.rearrange(BY_8));
    }
    if (LANES > 4) {
      sum = sum.add(sum.rearrange(BY_4));
    }
    if (LANES > 2) {
      sum = sum.add(sum.rearrange(BY_2));
    }
    return sum.add(sum.rearrange(BY_1)).lane(0);
  }

  /// As [#of(FloatVector)], of lanes that were stored, for loops whose vectors would else become
  /// objects: where many are summed at once, the compiler does not inline all of it.
  ///
  /// @param lanes changed
  static float of(float[] lanes, int at) {
    for (int half = LANES / 2; half > 0; half /= 2) {
      for (int i = 0; i < half; i++) {
        lanes[at + i] += lanes[at + i + half];
      }
    }
    return lanes[at];
  }

  private static VectorShuffle<Float> shuffle(int by) {
    return VectorShuffle.fromOp(FLOATS, lane -> lane ^ (by < LANES ? by : 0));
  }
}
