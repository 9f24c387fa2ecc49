package llava4j.quant;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.GE;
import static llava4j.quant.PagedAttention.FLOAT;
import static llava4j.quant.PagedAttention.MEMORY;

import java.util.Optional;
import java.util.function.LongConsumer;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.ParallelChunks;

/// What stands between the matrix products of a decoder block, row by row: norm, rotation,
/// activation. libtorch has five to seven operators for each of them, whose calls cost a decode
/// step more than their work, and each of which passes over a prompt's numbers once more.
///
/// All numbers are fp32 and lie without gaps. The bits of a row do not depend on the other rows.
/// Needs the Vector API: where [VectorSupport] says that there is none, this class cannot be
/// loaded.
public final class RowKernels {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;

  /// Fewer numbers than this are not worth waking another thread for.
  private static final long SMALL = 1 << 16;

  /// Numbers of a chunk of work.
  private static final long CHUNK = 1 << 14;

  private RowKernels() {}

  /// Writes each row, divided by the root of its mean square, times `weight`.
  ///
  /// @param input address of [rows, dim]
  /// @param weight address of `[dim]`
  /// @param output address of [rows, dim]
  public static void rmsNorm(long input, long weight, double eps, long rows, int dim, long output) {
    rmsNorm(AssembledRows.ofProcess(dim), input, weight, eps, rows, dim, output);
  }

  static void rmsNorm(
      Optional<AssembledRows> assembled,
      long input,
      long weight,
      double eps,
      long rows,
      int dim,
      long output) {
    if (assembled.isPresent()) {
      long bytes = (long) dim * Float.BYTES;
      someRows(
          rows,
          dim,
          (first, end) -> {
            long at = first * bytes;
            assembled.get().rmsNorm(input + at, weight, eps, end - first, dim, output + at);
          });
      return;
    }
    eachRow(
        rows,
        dim,
        row -> {
          long from = row * dim * Float.BYTES;
          float factor = (float) (1 / Math.sqrt(squares(input + from, dim) / (double) dim + eps));
          scale(input + from, weight, factor, dim, output + from);
        });
  }

  private static float squares(long at, int dim) {
    int bound = FLOATS.loopBound(dim);
    FloatVector sums = FloatVector.zero(FLOATS);
    for (int i = 0; i < bound; i += FLOATS.length()) {
      FloatVector values = load(at, i);
      sums = values.fma(values, sums);
    }
    float sum = LaneSum.of(sums);
    for (int i = bound; i < dim; i++) {
      float value = get(at, i);
      sum += value * value;
    }
    return sum;
  }

  private static void scale(long input, long weight, float factor, int dim, long output) {
    int bound = FLOATS.loopBound(dim);
    for (int i = 0; i < bound; i += FLOATS.length()) {
      store(load(input, i).mul(factor).mul(load(weight, i)), output, i);
    }
    for (int i = bound; i < dim; i++) {
      put(output, i, get(input, i) * factor * get(weight, i));
    }
  }

  /// Rotates heads: dimension j together with dimension j + headDim / 2.
  ///
  /// @param projected address of [tokens, heads, headDim]
  /// @param cos address of [tokens, headDim]
  /// @param sin as cos
  /// @param rotated address of [heads, tokens, headDim], which is written
  public static void rotate(
      long projected, long numHeads, long tokens, int headDim, long cos, long sin, long rotated) {
    rotate(
        AssembledRows.ofProcess(headDim), projected, numHeads, tokens, headDim, cos, sin, rotated);
  }

  static void rotate(
      Optional<AssembledRows> assembled,
      long projected,
      long numHeads,
      long tokens,
      int headDim,
      long cos,
      long sin,
      long rotated) {
    long bytes = (long) headDim * Float.BYTES;
    someRows(
        numHeads,
        tokens * headDim,
        (first, end) -> {
          for (long head = first; head < end; head++) {
            long from = projected + head * bytes;
            long to = rotated + head * tokens * bytes;
            if (assembled.isPresent()) {
              assembled.get().rotate(from, to, cos, sin, headDim, tokens, numHeads * bytes);
            } else {
              for (long token = 0; token < tokens; token++) {
                long at = token * bytes;
                rotate(from + token * numHeads * bytes, headDim / 2, cos + at, sin + at, to + at);
              }
            }
          }
        });
  }

  private static void rotate(long first, int half, long cos, long sin, long rotated) {
    long rotatedSecond = rotated + (long) half * Float.BYTES;
    long second = first + (long) half * Float.BYTES;
    long cosOfSecond = cos + (long) half * Float.BYTES;
    long sinOfSecond = sin + (long) half * Float.BYTES;
    int bound = FLOATS.loopBound(half);
    for (int i = 0; i < bound; i += FLOATS.length()) {
      FloatVector a = load(first, i);
      FloatVector b = load(second, i);
      store(a.mul(load(cos, i)).sub(b.mul(load(sin, i))), rotated, i);
      store(b.mul(load(cosOfSecond, i)).add(a.mul(load(sinOfSecond, i))), rotatedSecond, i);
    }
    for (int i = bound; i < half; i++) {
      float a = get(first, i);
      float b = get(second, i);
      put(rotated, i, a * get(cos, i) - b * get(sin, i));
      put(rotatedSecond, i, b * get(cosOfSecond, i) + a * get(sinOfSecond, i));
    }
  }

  /// SwiGLU: gate / (1 + e^-gate) times up, in the place of gate.
  ///
  /// @param gate address of [rows, dim]
  /// @param up as gate
  public static void swiGlu(long gate, long up, long rows, int dim) {
    swiGlu(AssembledRows.ofProcess(dim), gate, up, rows, dim);
  }

  static void swiGlu(Optional<AssembledRows> assembled, long gate, long up, long rows, int dim) {
    if (assembled.isPresent()) {
      long bytes = (long) dim * Float.BYTES;
      someRows(
          rows,
          dim,
          (first, end) ->
              assembled
                  .get()
                  .swiGlu(gate + first * bytes, up + first * bytes, (end - first) * dim));
      return;
    }
    eachRow(
        rows,
        dim,
        row -> swiGlu(gate + row * dim * Float.BYTES, up + row * dim * Float.BYTES, dim));
  }

  private static void swiGlu(long gate, long up, int dim) {
    int bound = FLOATS.loopBound(dim);
    FloatVector one = FloatVector.broadcast(FLOATS, 1);
    for (int i = 0; i < bound; i += FLOATS.length()) {
      FloatVector x = load(gate, i);
      FloatVector e = VectorSoftmax.exp(x.abs().neg()); // of at most 0, so it does not overflow
      FloatVector part = e.blend(one, x.compare(GE, 0)).div(e.add(one));
      store(x.mul(part).mul(load(up, i)), gate, i);
    }
    for (int i = bound; i < dim; i++) {
      float x = get(gate, i);
      float e = VectorSoftmax.exp(-Math.abs(x));
      put(gate, i, x * ((x >= 0 ? 1 : e) / (e + 1)) * get(up, i));
    }
  }

  private static void eachRow(long rows, int dim, LongConsumer kernel) {
    someRows(rows, dim, ParallelChunks.eachRow(kernel));
  }

  private static void someRows(long rows, long dim, ParallelChunks.RangeWork kernel) {
    if (rows * dim < SMALL) {
      if (rows * dim > 0) {
        kernel.accept(0, rows);
      }
      return;
    }
    ParallelChunks.runRanges(
        NativeRuntime.numThreads(), rows, Math.max(1, CHUNK / dim), () -> kernel);
  }

  private static FloatVector load(long at, int i) {
    return FloatVector.fromMemorySegment(FLOATS, MEMORY, at + 4L * i, LITTLE_ENDIAN);
  }

  private static void store(FloatVector values, long at, int i) {
    values.intoMemorySegment(MEMORY, at + 4L * i, LITTLE_ENDIAN);
  }

  private static float get(long at, int i) {
    return MEMORY.get(FLOAT, at + 4L * i);
  }

  private static void put(long at, int i, float value) {
    MEMORY.set(FLOAT, at + 4L * i, value);
  }
}
