package llava4j.tensor;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
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

  /// Runs chunks 0 to `count` - 1, in any order, and returns when all are done. Where one throws,
  /// no other is begun, and what it threw comes out when none is at work any more: callers free the
  /// memory that workers read.
  ///
  /// @param worker makes what one thread needs for itself and gives its work on one chunk
  public static void run(int threads, long count, Supplier<LongConsumer> worker) {
    int workers = (int) Math.min(threads, count);
    AtomicLong next = new AtomicLong();
    if (workers <= 1) {
      work(next, count, worker);
      return;
    }
    // a parallel stream would throw at once, and leave the others at work
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    IntStream.range(0, workers)
        .parallel()
        .forEach(_ -> {
          try {
            work(next, count, worker);
          } catch (RuntimeException | Error e) {
            next.set(count);
            if (!thrown.compareAndSet(null, e)) {
              thrown.get().addSuppressed(e);
            }
          }
        });
    switch (thrown.get()) {
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case null, default -> {}
    }
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
