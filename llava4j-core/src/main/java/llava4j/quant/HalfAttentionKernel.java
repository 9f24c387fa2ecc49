package llava4j.quant;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static llava4j.quant.PagedAttention.FLOAT;
import static llava4j.quant.PagedAttention.MEMORY;

import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/// Keys and values in F16. Two of them are read as one int and widened as [HalfMatVecVector] does
/// it; therefore queries and sums have their even numbers in front and their odd ones behind.
final class HalfAttentionKernel implements AttentionKernel {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
  private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED;

  @Override
  public boolean store(long source, int headDim, long target) {
    boolean finite = true;
    for (int i = 0; i < headDim; i++) {
      short bits = Float.floatToFloat16(MEMORY.get(FLOAT, source + (long) i * Float.BYTES));
      finite &= (bits & HalfMatVec.F16_EXPONENT) != HalfMatVec.F16_EXPONENT;
      MEMORY.set(HALF, target + (long) i * Short.BYTES, bits);
    }
    return finite;
  }

  @Override
  public boolean isFinite(long stored, int headDim) {
    return HalfMatVec.areFinite(stored, headDim);
  }

  @Override
  public void load(long source, int headDim, float[] query) {
    int pairs = headDim / 2;
    for (int pair = 0; pair < pairs; pair++) {
      long place = source + 2L * pair * Float.BYTES;
      query[pair] = MEMORY.get(FLOAT, place) * HalfMatVecVector.INPUT_SCALE;
      query[pairs + pair] = MEMORY.get(FLOAT, place + Float.BYTES) * HalfMatVecVector.INPUT_SCALE;
    }
  }

  @Override
  public void scores(
      long keys, int rows, int headDim, float[] query, float[] scores, int at, long next) {
    int pairs = headDim / 2;
    int bound = INTS.loopBound(pairs);
    long stride = (long) headDim * Short.BYTES;
    int j = 0;
    for (; j + 2 <= rows; j += 2) { // two rows hide the latency of the multiply-adds
      long first = keys + j * stride;
      FloatVector e0 = FloatVector.zero(FLOATS);
      FloatVector o0 = e0;
      FloatVector e1 = e0;
      FloatVector o1 = e0;
      for (int p = 0; p < bound; p += INTS.length()) {
        FloatVector even = FloatVector.fromArray(FLOATS, query, p);
        FloatVector odd = FloatVector.fromArray(FLOATS, query, pairs + p);
        long place = first + 4L * p;
        IntVector k0 = IntVector.fromMemorySegment(INTS, MEMORY, place, LITTLE_ENDIAN);
        IntVector k1 = IntVector.fromMemorySegment(INTS, MEMORY, place + stride, LITTLE_ENDIAN);
        e0 = low(k0).fma(even, e0);
        o0 = high(k0).fma(odd, o0);
        e1 = low(k1).fma(even, e1);
        o1 = high(k1).fma(odd, o1);
      }
      scores[at + j] = LaneSum.of(e0.add(o0)) * HalfMatVecVector.SUM_SCALE;
      scores[at + j + 1] = LaneSum.of(e1.add(o1)) * HalfMatVecVector.SUM_SCALE;
    }
    if (j < rows) {
      long first = keys + j * stride;
      FloatVector e0 = FloatVector.zero(FLOATS);
      FloatVector o0 = e0;
      for (int p = 0; p < bound; p += INTS.length()) {
        IntVector k0 = IntVector.fromMemorySegment(INTS, MEMORY, first + 4L * p, LITTLE_ENDIAN);
        e0 = low(k0).fma(FloatVector.fromArray(FLOATS, query, p), e0);
        o0 = high(k0).fma(FloatVector.fromArray(FLOATS, query, pairs + p), o0);
      }
      scores[at + j] = LaneSum.of(e0.add(o0)) * HalfMatVecVector.SUM_SCALE;
    }
    addTails(keys, rows, headDim, bound, query, scores, at);
  }

  /// The pairs that do not fill a vector.
  private static void addTails(
      long keys, int rows, int headDim, int from, float[] query, float[] scores, int at) {
    int pairs = headDim / 2;
    for (int p = from; p < pairs; p++) {
      float even = query[p] / HalfMatVecVector.INPUT_SCALE;
      float odd = query[pairs + p] / HalfMatVecVector.INPUT_SCALE;
      for (int j = 0; j < rows; j++) {
        long place = keys + ((long) j * headDim + 2L * p) * Short.BYTES;
        scores[at + j] += number(place) * even + number(place + Short.BYTES) * odd;
      }
    }
  }

  private static float number(long place) {
    return Float.float16ToFloat(MEMORY.get(HALF, place));
  }

  @Override
  public void blend(
      long values, int rows, int headDim, float[] weights, int at, float[] sums, long next) {
    int pairs = headDim / 2;
    int lanes = INTS.length();
    long stride = (long) headDim * Short.BYTES;
    int p = 0;
    for (; p + 2 * lanes <= pairs; p += 2 * lanes) {
      FloatVector e0 = FloatVector.fromArray(FLOATS, sums, p);
      FloatVector e1 = FloatVector.fromArray(FLOATS, sums, p + lanes);
      FloatVector o0 = FloatVector.fromArray(FLOATS, sums, pairs + p);
      FloatVector o1 = FloatVector.fromArray(FLOATS, sums, pairs + p + lanes);
      long place = values + 4L * p;
      for (int j = 0; j < rows; j++, place += stride) {
        FloatVector weight =
            FloatVector.broadcast(FLOATS, weights[at + j] * HalfMatVecVector.INPUT_SCALE);
        IntVector v0 = IntVector.fromMemorySegment(INTS, MEMORY, place, LITTLE_ENDIAN);
        IntVector v1 = IntVector.fromMemorySegment(INTS, MEMORY, place + 4L * lanes, LITTLE_ENDIAN);
        e0 = low(v0).fma(weight, e0);
        o0 = high(v0).fma(weight, o0);
        e1 = low(v1).fma(weight, e1);
        o1 = high(v1).fma(weight, o1);
      }
      e0.intoArray(sums, p);
      e1.intoArray(sums, p + lanes);
      o0.intoArray(sums, pairs + p);
      o1.intoArray(sums, pairs + p + lanes);
    }
    for (; p + lanes <= pairs; p += lanes) {
      FloatVector e0 = FloatVector.fromArray(FLOATS, sums, p);
      FloatVector o0 = FloatVector.fromArray(FLOATS, sums, pairs + p);
      long place = values + 4L * p;
      for (int j = 0; j < rows; j++, place += stride) {
        FloatVector weight =
            FloatVector.broadcast(FLOATS, weights[at + j] * HalfMatVecVector.INPUT_SCALE);
        IntVector v0 = IntVector.fromMemorySegment(INTS, MEMORY, place, LITTLE_ENDIAN);
        e0 = low(v0).fma(weight, e0);
        o0 = high(v0).fma(weight, o0);
      }
      e0.intoArray(sums, p);
      o0.intoArray(sums, pairs + p);
    }
    for (; p < pairs; p++) {
      for (int j = 0; j < rows; j++) {
        long place = values + j * stride + 4L * p;
        float weight = weights[at + j] / HalfMatVecVector.SUM_SCALE; // as the vectors' sums are
        sums[p] += weight * number(place);
        sums[pairs + p] += weight * number(place + Short.BYTES);
      }
    }
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

  @Override
  public void finish(float[] sums, int headDim, long target) {
    int pairs = headDim / 2;
    for (int p = 0; p < pairs; p++) {
      long place = target + 2L * p * Float.BYTES;
      MEMORY.set(FLOAT, place, sums[p] * HalfMatVecVector.SUM_SCALE);
      MEMORY.set(FLOAT, place + Float.BYTES, sums[pairs + p] * HalfMatVecVector.SUM_SCALE);
    }
  }
}
