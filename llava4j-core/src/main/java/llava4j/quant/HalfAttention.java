package llava4j.quant;

import java.lang.foreign.MemorySegment;
import llava4j.tensor.DType;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.ParallelChunks;

/// Attention of one token over keys and values kept in F16: what a decode step does in every layer.
///
/// libtorch's attention takes queries, keys and values of one type only, and with F16 on a
/// processor three times the time of fp32. Here keys and values are widened while they are read, as
/// [HalfMatVec] widens weights: half the bytes of fp32, which is what the time goes into.
///
/// The heads of one group share their keys, and a group is dealt to one thread. Softmax is in fp32.
public final class HalfAttention {
  /// Fewer keys and values than this are not worth waking another thread for.
  private static final long SMALL = 1 << 17;

  private HalfAttention() {}

  /// The cache of one layer.
  ///
  /// @param keys address of [batch, kvHeads, capacity, headDim], F16
  /// @param values as keys
  /// @param capacity tokens that there is room for
  /// @param length tokens held, at least 1
  public record Cache(
      long keys, long values, int batch, int kvHeads, int headDim, long capacity, long length) {

    private long bytesPerHead() {
      return capacity * headDim * Short.BYTES;
    }
  }

  /// Kernels for one head.
  interface Kernel {
    /// Scores of keys `first` to `end` - 1: `scores[j] = keys[j] · query`.
    ///
    /// @param keys [tokens, headDim], F16
    /// @param query `[headDim]`
    /// @param scores `[tokens]`, written
    void scores(
        MemorySegment keys,
        int headDim,
        MemorySegment query,
        MemorySegment scores,
        long first,
        long end);

    /// From scores to weights that add up to one, in place.
    ///
    /// @param scale what scores are multiplied with
    void softmax(float[] scores, int first, int end, float scale);

    /// `output = Σⱼ weights[j] values[j]` over tokens `first` to `end` - 1.
    ///
    /// @param values [tokens, headDim], F16
    /// @param output `[headDim]`, written
    void blend(
        MemorySegment values,
        int headDim,
        float[] weights,
        int first,
        int end,
        MemorySegment output);
  }

  /// Softmax(q kᵀ / √headDim) v for one token of each row of a batch.
  ///
  /// @param query address of [batch, heads, headDim], fp32
  /// @param heads a multiple of the cache's `kvHeads`
  /// @param firstTokens for each row of the batch, the first token that it may look at
  /// @param output address of [batch, heads, headDim], fp32, written
  public static void attend(long query, int heads, Cache cache, int[] firstTokens, long output) {
    Kernel kernel = VectorSupport.isAvailable() ? new HalfAttentionVector() : new PlainAttention();
    attend(kernel, NativeRuntime.numThreads(), query, heads, cache, firstTokens, output);
  }

  static void attend(
      Kernel kernel,
      int threads,
      long query,
      int heads,
      Cache cache,
      int[] firstTokens,
      long output) {
    int group = heads / cache.kvHeads();
    long numbers = (long) cache.batch() * cache.kvHeads() * cache.length() * cache.headDim();
    ParallelChunks.run(
        numbers < SMALL ? 1 : threads,
        (long) cache.batch() * cache.kvHeads(),
        () -> {
          float[] scores = new float[Math.toIntExact(cache.length())];
          return kvHead ->
              attendGroup(kernel, query, cache, kvHead, group, firstTokens, scores, output);
        });
  }

  /// The query heads that share one head of keys and values.
  ///
  /// @param kvHead number of keys and values among all of the batch's
  private static void attendGroup(
      Kernel kernel,
      long query,
      Cache cache,
      long kvHead,
      int group,
      int[] firstTokens,
      float[] scores,
      long output) {
    int headDim = cache.headDim();
    long rowBytes = (long) headDim * Float.BYTES;
    long cacheBytes = cache.length() * headDim * Short.BYTES;
    int first = firstTokens[(int) (kvHead / cache.kvHeads())];
    int end = scores.length;
    MemorySegment keys = segment(cache.keys() + kvHead * cache.bytesPerHead(), cacheBytes);
    MemorySegment values = segment(cache.values() + kvHead * cache.bytesPerHead(), cacheBytes);
    boolean finite = isFinite(keys, end - 1, headDim) && isFinite(values, end - 1, headDim);
    for (long head = kvHead * group; head < (kvHead + 1) * group; head++) {
      MemorySegment own = segment(query + head * rowBytes, rowBytes);
      MemorySegment blended = segment(output + head * rowBytes, rowBytes);
      kernel.scores(keys, headDim, own, MemorySegment.ofArray(scores), first, end);
      kernel.softmax(scores, first, end, (float) (1 / Math.sqrt(headDim)));
      kernel.blend(values, headDim, scores, first, end, blended);
      for (int i = 0; i < headDim && !finite; i++) {
        blended.setAtIndex(HalfMatVec.FLOAT, i, Float.NaN);
      }
    }
  }

  /// Whether the numbers of one token are finite: the fast kernel takes NaN and infinity for
  /// numbers. Earlier decoded tokens were looked at when they were the last; NaN of a prompt's
  /// tokens is in the prompt's logits.
  private static boolean isFinite(MemorySegment tokens, int token, int headDim) {
    boolean finite = true;
    for (int i = 0; i < headDim; i++) {
      short bits = tokens.getAtIndex(HalfMatVec.HALF, (long) token * headDim + i);
      finite &= (bits & HalfMatVec.F16_EXPONENT) != HalfMatVec.F16_EXPONENT;
    }
    return finite;
  }

  @SuppressWarnings("restricted") // the caller's tensors are alive and this large
  private static MemorySegment segment(long address, long bytes) {
    return MemorySegment.ofAddress(address).reinterpret(bytes);
  }

  /// The kernel to read: plain loops, the yardstick of the fast one.
  static final class PlainAttention implements Kernel {
    @Override
    public void scores(
        MemorySegment keys,
        int headDim,
        MemorySegment query,
        MemorySegment scores,
        long first,
        long end) {
      HalfMatVec.plainKernel(DType.F16).multiply(keys, headDim, query, scores, first, end);
    }

    @Override
    public void softmax(float[] scores, int first, int end, float scale) {
      float most = Float.NEGATIVE_INFINITY;
      for (int j = first; j < end; j++) {
        most = Math.max(most, scores[j]);
      }
      float sum = 0;
      for (int j = first; j < end; j++) {
        scores[j] = (float) Math.exp((scores[j] - most) * scale);
        sum += scores[j];
      }
      for (int j = first; j < end; j++) {
        scores[j] /= sum;
      }
    }

    @Override
    public void blend(
        MemorySegment values,
        int headDim,
        float[] weights,
        int first,
        int end,
        MemorySegment output) {
      for (int i = 0; i < headDim; i++) {
        float sum = 0;
        for (int j = first; j < end; j++) {
          sum +=
              weights[j]
                  * HalfMatVec.widenF16(values.getAtIndex(HalfMatVec.HALF, (long) j * headDim + i));
        }
        output.setAtIndex(HalfMatVec.FLOAT, i, sum);
      }
    }
  }
}
