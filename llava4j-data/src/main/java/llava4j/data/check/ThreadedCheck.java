package llava4j.data.check;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import llava4j.data.SampleFile;

/// Checks each sample on a virtual thread, `threads` of them at the same time.
final class ThreadedCheck implements DataCheck.Work {
  private static final int AHEAD = 8;

  private final SampleCheck check;
  private final Semaphore cores;
  private final int ahead;

  ThreadedCheck(SampleCheck check, int threads) {
    this.check = check;
    this.cores = new Semaphore(threads);
    this.ahead = AHEAD * threads;
  }

  @Override
  public void check(SampleFile samples, Consumer<CheckedSample> checked)
      throws InterruptedException {
    Deque<Future<CheckedSample>> underWay = new ArrayDeque<>();
    ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    try {
      int started = 0;
      for (int done = 0; done < samples.size(); done++) {
        while (started < samples.size() && underWay.size() < ahead) {
          int index = started++;
          Callable<CheckedSample> work = () -> checkOne(samples, index);
          underWay.addLast(threads.submit(work));
        }
        checked.accept(result(underWay.removeFirst()));
      }
    } finally {
      threads.shutdownNow();
      threads.close();
    }
  }

  private CheckedSample checkOne(SampleFile samples, int index) throws InterruptedException {
    cores.acquire();
    try {
      return check.check(samples.number(index), samples.get(index), samples.bytes(index));
    } finally {
      cores.release();
    }
  }

  private static CheckedSample result(Future<CheckedSample> future) throws InterruptedException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e);
    }
  }
}
