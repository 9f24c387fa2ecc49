package llava4j.tensor;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/// Threads that help a caller of [ParallelChunks] with its chunks.
///
/// A decode step has two hundred products of a few hundred microseconds each. A thread that sleeps
/// between two of them wakes up too late for the next, on virtual machines by more than a hundred
/// microseconds. So a worker looks for work for [#SPIN_NANOS] after its last job, and sleeps then.
///
/// One caller is helped at a time. The others work alone meanwhile and ask again before each chunk.
final class WorkerThreads {
  private static final long SPIN_NANOS = 300_000;

  private final AtomicLong numbers = new AtomicLong();
  private final AtomicReference<ChunkJob> current = new AtomicReference<>();
  private final List<Worker> workers = new CopyOnWriteArrayList<>();

  /// Offers a job to so many workers, or to as many as can be started.
  ///
  /// @return whether they were free; [#withdraw] follows
  boolean offer(ChunkJob job, int helpers) {
    if (current.get() != null) {
      return false;
    }
    job.number(numbers.incrementAndGet());
    if (!current.compareAndSet(null, job)) {
      return false;
    }
    if (workers.size() < helpers) {
      grow(helpers);
    }
    int woken = 0;
    for (Worker worker : workers) {
      if (woken++ == helpers) {
        break;
      }
      worker.wake();
    }
    return true;
  }

  /// Ends the offer, if it was made.
  void withdraw(ChunkJob job) {
    current.compareAndSet(job, null);
  }

  private synchronized void grow(int wanted) {
    while (workers.size() < wanted) {
      Worker worker = new Worker(workers.size());
      try {
        worker.thread.start();
      } catch (OutOfMemoryError e) {
        return; // the system gives no more threads; those that there are do the work
      }
      workers.add(worker);
    }
  }

  private final class Worker implements Runnable {
    private final Thread thread;
    private volatile boolean asleep;

    Worker(int number) {
      this.thread = new Thread(this, "llava4j-worker-" + (number + 1));
      thread.setDaemon(true);
      thread.setContextClassLoader(ClassLoader.getSystemClassLoader());
    }

    void wake() {
      if (asleep) {
        LockSupport.unpark(thread);
      }
    }

    @Override
    public void run() {
      long last = -1;
      while (true) {
        ChunkJob job = next(last);
        last = job.number();
        try {
          job.help();
        } catch (Throwable e) {
          // the job keeps what its chunks throw; this thread stays for the next one
        }
      }
    }

    /// Waits for a job other than the last one.
    private ChunkJob next(long last) {
      long sleepAt = System.nanoTime() + SPIN_NANOS;
      while (true) {
        ChunkJob job = current.get();
        if (job != null && job.number() != last) {
          return job;
        }
        if (System.nanoTime() - sleepAt < 0) {
          Thread.onSpinWait();
          continue;
        }
        asleep = true;
        ChunkJob late = current.get(); // offered before the caller could see that this one sleeps
        if (late == null || late.number() == last) {
          LockSupport.park(this);
        }
        asleep = false;
      }
    }
  }
}
