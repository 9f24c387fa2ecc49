package llava4j.cli.bench;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.LongAdder;
import llava4j.model.load.AvailableMemory;
import llava4j.tensor.DType;
import llava4j.tensor.ParallelChunks;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// How fast this machine reads memory with the threads of a run: the best of two readers over more
/// than its caches hold.
public final class ReadSpeed {
  private static final long BYTES = 1L << 29;
  private static final int CHUNKS = 64;
  private static final int ROUNDS = 6;

  private ReadSpeed() {}

  /// Gigabytes (10⁹ bytes) a second; NaN where there is no memory to try it with.
  @SuppressWarnings("restricted") // the address is that of a live tensor of this size
  public static double gigabytesPerSecond(int threads) {
    if (AvailableMemory.ofThisProcess().bytes() < 2 * BYTES) {
      return Double.NaN;
    }
    try (Scope _ = new Scope()) {
      Tensor data =
          torch
              .empty(
                  new long[] {BYTES / Float.BYTES},
                  Tensors.options(DType.F32),
                  new MemoryFormatOptional())
              .fill_(new Scalar(1)); // [values]
      MemorySegment memory = MemorySegment.ofAddress(data.data_ptr().address()).reinterpret(BYTES);
      double best = Double.POSITIVE_INFINITY;
      for (int round = 0; round < ROUNDS; round++) {
        long start = System.nanoTime();
        Tensor _ = data.sum();
        long middle = System.nanoTime();
        long _ = sumOfAll(memory, threads);
        long end = System.nanoTime();
        best = Math.min(best, (double) Math.min(middle - start, end - middle));
      }
      return (double) BYTES / best;
    }
  }

  private static long sumOfAll(MemorySegment memory, int threads) {
    LongAdder total = new LongAdder();
    int longs = Math.toIntExact(BYTES / CHUNKS / Long.BYTES);
    ParallelChunks.run(
        threads,
        CHUNKS,
        () -> chunk -> total.add(sum(memory.asSlice(chunk * (BYTES / CHUNKS)), longs)));
    return total.sum();
  }

  private static long sum(MemorySegment memory, int longs) {
    long sum = 0;
    for (int i = 0; i < longs; i++) {
      sum += memory.get(ValueLayout.JAVA_LONG_UNALIGNED, 8L * i);
    }
    return sum;
  }
}
