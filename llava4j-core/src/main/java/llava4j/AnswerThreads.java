package llava4j;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/// Threads for callers that want answers in the background: up to 16 requests run at a time, and
/// share the steps of the model; others wait in the order in which they came.
///
/// They are platform threads, because OpenMP keeps a team for each native thread that encodes
/// images; they end when they have had nothing to do for ten seconds.
public final class AnswerThreads implements Executor, AutoCloseable {
  private static final int MOST_AT_A_TIME = 16;

  private final ThreadPoolExecutor pool;

  /// @param name what the threads' names begin with
  public AnswerThreads(String name) {
    this.pool =
        new ThreadPoolExecutor(
            MOST_AT_A_TIME,
            MOST_AT_A_TIME,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().daemon().name(name + "-", 1).factory());
    pool.allowCoreThreadTimeOut(true);
  }

  @Override
  public void execute(Runnable request) {
    pool.execute(request);
  }

  /// Refuses new requests and waits for those that were accepted.
  @Override
  public void close() {
    pool.close();
  }
}
