package llava4j.quant;

import static llava4j.quant.ByteRow.GROUP;
import static llava4j.quant.ByteRow.PARTS;
import static llava4j.quant.ByteRow.WIDTH;
import static llava4j.quant.PagedAttention.FLOAT;
import static llava4j.quant.PagedAttention.MEMORY;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// Keys and values in 8 bits, see [ByteRow]. Queries and sums stay in fp32.
final class ByteAttentionKernel implements AttentionKernel {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();

  @Override
  public boolean store(long source, int headDim, long target) {
    return ByteRow.write(source, headDim, target);
  }

  @Override
  public boolean isFinite(long stored, int headDim) {
    return ByteRow.isFinite(stored, headDim);
  }

  @Override
  public void load(long source, int headDim, float[] query) {
    MemorySegment.copy(MEMORY, FLOAT, source, query, 0, headDim);
  }

  @Override
  public void scores(
      long keys, int rows, int headDim, float[] query, float[] scores, int at, long next) {
    int whole = headDim / GROUP;
    int stride = ByteRow.bytes(headDim);
    for (int j = 0; j < rows; j++) {
      long key = keys + (long) j * stride;
      FloatVector sum = FloatVector.zero(FLOATS);
      for (int group = 0; group < whole; group++) {
        FloatVector own = FloatVector.zero(FLOATS);
        for (int i = group * GROUP; i < (group + 1) * GROUP; i += WIDTH) {
          ByteVector bytes = ByteRow.load(key + i);
          for (int part = 0; part < PARTS; part++) {
            own =
                ByteRow.floats(bytes, part)
                    .fma(FloatVector.fromArray(FLOATS, query, i + part * LANES), own);
          }
        }
        sum = own.fma(FloatVector.broadcast(FLOATS, ByteRow.scale(key, headDim, group)), sum);
      }
      scores[at + j] = LaneSum.of(sum) + rest(key, whole, headDim, query);
    }
  }

  /// The numbers of a last group that is not whole.
  private static float rest(long key, int group, int headDim, float[] query) {
    int from = group * GROUP;
    if (from == headDim) {
      return 0;
    }
    float sum = 0;
    for (int i = from; i < headDim; i++) {
      sum += ByteRow.number(key, i) * query[i];
    }
    return sum * ByteRow.scale(key, headDim, group);
  }

  @Override
  public void blend(
      long values, int rows, int headDim, float[] weights, int at, float[] sums, long next) {
    int stride = ByteRow.bytes(headDim);
    int whole = headDim / GROUP;
    for (int group = 0; group < whole; group++) {
      for (int i = group * GROUP; i < (group + 1) * GROUP; i += 2 * LANES) {
        FloatVector first = FloatVector.fromArray(FLOATS, sums, i);
        FloatVector second = FloatVector.fromArray(FLOATS, sums, i + LANES);
        for (int j = 0; j < rows; j++) {
          long value = values + (long) j * stride;
          FloatVector weight =
              FloatVector.broadcast(FLOATS, weights[at + j] * ByteRow.scale(value, headDim, group));
          ByteVector bytes = ByteRow.load(value + i);
          first = ByteRow.floats(bytes, 0).fma(weight, first);
          second =
              (PARTS == 2
                      ? ByteRow.floats(bytes, 1)
                      : ByteRow.floats(ByteRow.load(value + i + LANES), 0))
                  .fma(weight, second);
        }
        first.intoArray(sums, i);
        second.intoArray(sums, i + LANES);
      }
    }
    for (int i = whole * GROUP; i < headDim; i++) {
      float sum = sums[i];
      for (int j = 0; j < rows; j++) {
        long value = values + (long) j * stride;
        sum += weights[at + j] * ByteRow.scale(value, headDim, whole) * ByteRow.number(value, i);
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
