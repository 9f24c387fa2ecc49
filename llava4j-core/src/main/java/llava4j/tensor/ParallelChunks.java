package llava4j.tensor;

import java.util.function.LongConsumer;
import java.util.function.Supplier;

/// Work of our own kernels, dealt to as many threads as libtorch's operators use.
///
/// Workers take the next chunk when they are done with one, so a thread that another process keeps
/// from its core delays one chunk and not all. They sleep while libtorch works; libtorch's threads
/// sleep while these work (see [NativeRuntime#prepare]).
public final class ParallelChunks {
  /// One for the process, as libtorch's threads are.
  private static final WorkerThreads WORKERS = new WorkerThreads();

  private ParallelChunks() {}

  /// Runs rows 0 to `count` - 1 as [#run] runs chunks, some at a time.
  ///
  /// @param perChunk rows of a chunk
  /// @param row work that needs nothing for itself
  public static void runRows(int threads, long count, long perChunk, LongConsumer row) {
    runRanges(threads, count, perChunk, () -> eachRow(row));
  }

  /// Work on rows that follow each other.
  @FunctionalInterface
  public interface RangeWork {
    /// @param end behind the last row
    void accept(long first, long end);
  }

  /// Work on each row of a range.
  public static RangeWork eachRow(LongConsumer row) {
    return (first, end) -> {
      for (long i = first; i < end; i++) {
        row.accept(i);
      }
    };
  }

  /// Runs rows 0 to `count` - 1 as [#run] runs chunks, some at a time.
  ///
  /// @param perChunk rows of a chunk
  /// @param worker as for [#run]
  public static void runRanges(int threads, long count, long perChunk, Supplier<RangeWork> worker) {
    run(
        threads,
        Math.ceilDiv(count, perChunk),
        () -> {
          RangeWork mine = worker.get();
          return chunk -> {
            long first = chunk * perChunk;
            mine.accept(first, Math.min(count, first + perChunk));
          };
        });
  }

  /// Work on a chunk of one of several parts.
  @FunctionalInterface
  public interface PartWork {
    void accept(int part, long chunk);
  }

  /// Runs the chunks of several parts as one piece of work, as [#run] does.
  ///
  /// @param counts chunks of each part, numbered from 0 on
  public static void runParts(int threads, long[] counts, Supplier<PartWork> worker) {
    long[] ends = new long[counts.length]; // the chunk behind each part's last
    long chunks = 0;
    for (int part = 0; part < counts.length; part++) {
      chunks += counts[part];
      ends[part] = chunks;
    }
    run(
        threads,
        chunks,
        () -> {
          PartWork mine = worker.get();
          return chunk -> {
            int part = 0;
            while (chunk >= ends[part]) {
              part++;
            }
            mine.accept(part, chunk - (ends[part] - counts[part]));
          };
        });
  }

  /// Runs chunks 0 to `count` - 1, in any order, and returns when all are done. Where one throws,
  /// no other is begun, and what it threw comes out when none is at work any more: callers free the
  /// memory that workers read.
  ///
  /// @param worker makes what one thread needs for itself and gives its work on one chunk; called
  ///   at most `threads` times
  public static void run(int threads, long count, Supplier<LongConsumer> worker) {
    int helpers = (int) Math.min(threads, count) - 1;
    ChunkJob job = new ChunkJob(count, helpers, worker);
    if (helpers > 0) {
      job.workHelped(WORKERS, helpers);
    } else {
      job.work();
    }
    job.finish();
  }
}
