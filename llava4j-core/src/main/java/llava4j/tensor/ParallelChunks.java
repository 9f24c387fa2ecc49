package llava4j.tensor;

import java.util.function.LongConsumer;
import java.util.function.Supplier;

/// Runs our own kernels on the same number of threads as libtorch's operators.
///
/// Workers take the next chunk when they are done with one, so a thread that another process keeps
/// from its core delays one chunk and not all. They sleep while libtorch works; libtorch's threads
/// sleep while these work (see [NativeRuntime#prepare]).
public final class ParallelChunks {
  /// One for the process, as libtorch's threads are.
  private static final WorkerThreads WORKERS = new WorkerThreads();

  private ParallelChunks() {}

  /// Runs chunks 0 to `count` - 1, in any order, and returns when all are finished. If one throws,
  /// no other is started, and the exception is thrown only when no chunk is running any more,
  /// because callers then free the memory that workers read.
  ///
  /// @param worker creates the working memory of one thread and returns its function for one chunk
  public static void run(int threads, long count, Supplier<LongConsumer> worker) {
    int helpers = (int) Math.min(threads, count) - 1;
    ChunkJob job = new ChunkJob(count, helpers, worker);
    boolean helped = helpers > 0 && WORKERS.offer(job, helpers);
    job.work();
    if (helped) {
      WORKERS.withdraw(job);
    }
    job.finish();
  }
}
