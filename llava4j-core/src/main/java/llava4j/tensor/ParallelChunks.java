package llava4j.tensor;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/// Work of our own kernels, dealt to as many threads as libtorch's operators use.
///
/// Workers take the next chunk when they are done with one, so a thread that another process keeps
/// from its core delays one chunk and not all. They are threads of Java's common pool, which sleep
/// while libtorch works; libtorch's sleep while these work (see [NativeRuntime#prepare]).
public final class ParallelChunks {
  private ParallelChunks() {}

  /// Runs chunks 0 to `count` - 1, in any order, and returns when all are done.
  ///
  /// @param worker makes what one thread needs for itself and gives its work on one chunk
  public static void run(int threads, long count, Supplier<LongConsumer> worker) {
    int workers = (int) Math.min(threads, count);
    AtomicLong next = new AtomicLong();
    if (workers <= 1) {
      work(next, count, worker);
      return;
    }
    IntStream.range(0, workers).parallel().forEach(_ -> work(next, count, worker));
  }

  private static void work(AtomicLong next, long count, Supplier<LongConsumer> worker) {
    long chunk = next.getAndIncrement();
    if (chunk >= count) {
      return;
    }
    LongConsumer mine = worker.get();
    for (; chunk < count; chunk = next.getAndIncrement()) {
      mine.accept(chunk);
    }
  }
}
