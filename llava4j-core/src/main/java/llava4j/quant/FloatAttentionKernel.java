package llava4j.quant;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static llava4j.quant.PagedAttention.FLOAT;
import static llava4j.quant.PagedAttention.MEMORY;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// Keys and values in fp32.
final class FloatAttentionKernel implements AttentionKernel {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;

  @Override
  public boolean store(long source, int headDim, long target) {
    for (int i = 0; i < headDim; i++) {
      long at = (long) i * Float.BYTES;
      MEMORY.set(FLOAT, target + at, MEMORY.get(FLOAT, source + at));
    }
    return true; // NaN stays NaN in all that follows
  }

  @Override
  public boolean isFinite(long stored, int headDim) {
    return true; // as in store
  }

  @Override
  public void load(long source, int headDim, float[] query) {
    for (int i = 0; i < headDim; i++) {
      query[i] = MEMORY.get(FLOAT, source + (long) i * Float.BYTES);
    }
  }

  @Override
  public void scores(
      long keys, int rows, int headDim, float[] query, float[] scores, int at, long next) {
    int lanes = FLOATS.length();
    int bound = FLOATS.loopBound(headDim);
    long stride = (long) headDim * Float.BYTES;
    int j = 0;
    for (; j + 2 <= rows; j += 2) { // two rows hide the latency of the multiply-adds
      long first = keys + j * stride;
      FloatVector a = FloatVector.zero(FLOATS);
      FloatVector b = a;
      for (int i = 0; i < bound; i += lanes) {
        FloatVector q = FloatVector.fromArray(FLOATS, query, i);
        long place = first + (long) i * Float.BYTES;
        a = FloatVector.fromMemorySegment(FLOATS, MEMORY, place, LITTLE_ENDIAN).fma(q, a);
        b = FloatVector.fromMemorySegment(FLOATS, MEMORY, place + stride, LITTLE_ENDIAN).fma(q, b);
      }
      scores[at + j] = LaneSum.of(a) + tail(first, bound, headDim, query);
      scores[at + j + 1] = LaneSum.of(b) + tail(first + stride, bound, headDim, query);
    }
    if (j < rows) {
      long first = keys + j * stride;
      FloatVector a = FloatVector.zero(FLOATS);
      for (int i = 0; i < bound; i += lanes) {
        FloatVector q = FloatVector.fromArray(FLOATS, query, i);
        long place = first + (long) i * Float.BYTES;
        a = FloatVector.fromMemorySegment(FLOATS, MEMORY, place, LITTLE_ENDIAN).fma(q, a);
      }
      scores[at + j] = LaneSum.of(a) + tail(first, bound, headDim, query);
    }
  }

  private static float tail(long row, int from, int headDim, float[] query) {
    float sum = 0;
    for (int i = from; i < headDim; i++) {
      sum += MEMORY.get(FLOAT, row + (long) i * Float.BYTES) * query[i];
    }
    return sum;
  }

  @Override
  public void blend(
      long values, int rows, int headDim, float[] weights, int at, float[] sums, long next) {
    int lanes = FLOATS.length();
    int bound = FLOATS.loopBound(headDim);
    long stride = (long) headDim * Float.BYTES;
    int i = 0;
    for (; i + 2 * lanes <= bound; i += 2 * lanes) {
      FloatVector a = FloatVector.fromArray(FLOATS, sums, i);
      FloatVector b = FloatVector.fromArray(FLOATS, sums, i + lanes);
      long place = values + (long) i * Float.BYTES;
      long apart = (long) lanes * Float.BYTES;
      for (int j = 0; j < rows; j++, place += stride) {
        FloatVector weight = FloatVector.broadcast(FLOATS, weights[at + j]);
        a = FloatVector.fromMemorySegment(FLOATS, MEMORY, place, LITTLE_ENDIAN).fma(weight, a);
        b =
            FloatVector.fromMemorySegment(FLOATS, MEMORY, place + apart, LITTLE_ENDIAN)
                .fma(weight, b);
      }
      a.intoArray(sums, i);
      b.intoArray(sums, i + lanes);
    }
    for (; i < bound; i += lanes) {
      FloatVector a = FloatVector.fromArray(FLOATS, sums, i);
      long place = values + (long) i * Float.BYTES;
      for (int j = 0; j < rows; j++, place += stride) {
        FloatVector weight = FloatVector.broadcast(FLOATS, weights[at + j]);
        a = FloatVector.fromMemorySegment(FLOATS, MEMORY, place, LITTLE_ENDIAN).fma(weight, a);
      }
      a.intoArray(sums, i);
    }
    for (; i < headDim; i++) {
      float sum = sums[i];
      for (int j = 0; j < rows; j++) {
        sum += weights[at + j] * MEMORY.get(FLOAT, values + j * stride + (long) i * Float.BYTES);
      }
      sums[i] = sum;
    }
  }

  @Override
  public void finish(float[] sums, int headDim, long target) {
    for (int i = 0; i < headDim; i++) {
      MEMORY.set(FLOAT, target + (long) i * Float.BYTES, sums[i]);
    }
  }
}
