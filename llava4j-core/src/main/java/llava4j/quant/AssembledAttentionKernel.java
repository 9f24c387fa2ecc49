package llava4j.quant;

import static llava4j.quant.PagedAttention.FLOAT;
import static llava4j.quant.PagedAttention.MEMORY;

import java.lang.foreign.MemorySegment;

/// Keys and values in F16, by functions in machine code: a processor widens F16 in one instruction,
/// which Java does not give. Memory is the limit.
final class AssembledAttentionKernel implements AttentionKernel {
  /// From here on a number becomes infinite in F16.
  private static final int BITS_OF_INFINITE = Float.floatToIntBits(65520);

  private final AssembledKernels kernels;

  AssembledAttentionKernel(AssembledKernels kernels) {
    this.kernels = kernels;
  }

  @Override
  public boolean store(long source, int headDim, long target) {
    int[] largest = new int[1];
    kernels.storeHalves(headDim, source, target, largest);
    return largest[0] < BITS_OF_INFINITE; // the bits of NaN are above those of infinity
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
    kernels.scores(headDim, keys, rows, query, scores, at, next);
  }

  @Override
  public void blend(
      long values, int rows, int headDim, float[] weights, int at, float[] sums, long next) {
    kernels.blend(headDim, values, rows, weights, at, sums, next);
  }

  @Override
  public void finish(float[] sums, int headDim, long target) {
    MemorySegment.copy(sums, 0, MEMORY, FLOAT, target, headDim);
  }
}
