package llava4j.quant;

import static llava4j.quant.PagedAttention.FLOAT;
import static llava4j.quant.PagedAttention.MEMORY;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// Keys and values in F16, by functions in machine code: a processor widens F16 in one instruction,
/// which Java does not give. Memory is the limit.
final class AssembledAttentionKernel implements AttentionKernel {
  private final AttentionFunctions functions;

  AssembledAttentionKernel(AttentionFunctions functions) {
    this.functions = functions;
  }

  @Override
  public boolean store(long source, int headDim, long target) {
    return functions.halves(source, target, headDim);
  }

  @Override
  public boolean isFinite(long stored, int headDim) {
    return HalfMatVec.areFinite(stored, headDim);
  }

  @Override
  public void load(long source, int headDim, float[] query) {
    MemorySegment.copy(MEMORY, FLOAT, source, query, 0, headDim);
  }

  @Override
  public void scores(
      long keys, int rows, int headDim, float[] query, float[] scores, int at, long next) {
    functions.scores(headDim, keys, rows, query, scores, at, next);
  }

  @Override
  public int room(int scores) {
    return Math.ceilDiv(scores, functions.lanes()) * functions.lanes() + functions.notes();
  }

  @Override
  public void softmax(float[] scores, int length, float scale) {
    int vectors = Math.ceilDiv(length, functions.lanes());
    Arrays.fill(scores, length, vectors * functions.lanes(), Float.NEGATIVE_INFINITY);
    functions.softmax(vectors, scores, scale);
  }

  @Override
  public void blend(
      long values, int rows, int headDim, float[] weights, int at, float[] sums, long next) {
    functions.blend(headDim, values, rows, weights, at, sums, next);
  }

  @Override
  public void finish(float[] sums, int headDim, long target) {
    MemorySegment.copy(sums, 0, MEMORY, FLOAT, target, headDim);
  }
}
