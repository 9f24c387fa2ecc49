package llava4j.tensor;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import java.util.function.Supplier;

/// Chunks that a caller and its helpers take one after the other.
final class ChunkJob {
  /// Added to the number of helpers at work when no more may begin.
  private static final int CLOSED = Integer.MIN_VALUE;

  private static final long SPIN_NANOS = 50_000;

  private final Thread caller = Thread.currentThread();
  private final AtomicLong next = new AtomicLong();
  private final AtomicInteger seats;
  private final AtomicInteger atWork = new AtomicInteger();
  private final AtomicReference<Throwable> thrown = new AtomicReference<>();
  private final long count;
  private final Supplier<LongConsumer> worker;
  private long number;

  /// @param helpers how many may join the caller
  ChunkJob(long count, int helpers, Supplier<LongConsumer> worker) {
    this.count = count;
    this.seats = new AtomicInteger(helpers);
    this.worker = worker;
  }

  /// Gives the job the number by which workers tell it from their last one, before they see it.
  void number(long unique) {
    number = unique;
  }

  long number() {
    return number;
  }

  /// Takes chunks until there are none, on a thread that is not the caller's.
  void help() {
    if (seats.getAndDecrement() <= 0 || !begin()) {
      return;
    }
    try {
      work();
    } finally {
      if (atWork.decrementAndGet() == CLOSED) {
        LockSupport.unpark(caller);
      }
    }
  }

  /// Takes chunks until there are none. What one throws is kept for [#finish], and no further chunk
  /// is begun.
  void work() {
    work(() -> {});
  }

  /// As [#work], on the caller's thread. Where the workers help another caller, they are asked
  /// again before each chunk.
  void workHelped(WorkerThreads workers, int helpers) {
    boolean[] offered = {workers.offer(this, helpers)};
    try {
      work(() -> {
        if (!offered[0]) {
          offered[0] = workers.offer(this, helpers);
        }
      });
    } finally {
      workers.withdraw(this);
    }
  }

  private void work(Runnable beforeChunk) {
    try {
      long chunk = next.getAndIncrement();
      if (chunk >= count) {
        return;
      }
      LongConsumer mine = worker.get();
      for (; chunk < count; chunk = next.getAndIncrement()) {
        beforeChunk.run();
        mine.accept(chunk);
      }
    } catch (Throwable e) {
      keep(e);
    }
  }

  /// Virtual machines throw some errors as one object from several threads.
  @SuppressWarnings("ReferenceEquality") // an exception must not suppress itself
  private void keep(Throwable e) {
    next.set(count);
    if (!thrown.compareAndSet(null, e) && thrown.get() != e) {
      thrown.get().addSuppressed(e);
    }
  }

  /// Returns when no helper is at work any more, and throws what a chunk threw.
  void finish() {
    if (atWork.getAndAdd(CLOSED) != 0) {
      awaitHelpers();
    }
    switch (thrown.get()) {
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new IllegalStateException(e);
      case null -> {}
    }
  }

  private boolean begin() {
    int now = atWork.get();
    while (now >= 0) {
      if (atWork.compareAndSet(now, now + 1)) {
        return true;
      }
      now = atWork.get();
    }
    return false;
  }

  private void awaitHelpers() {
    long sleepAt = System.nanoTime() + SPIN_NANOS;
    boolean interrupted = false;
    while (atWork.get() != CLOSED) {
      if (System.nanoTime() - sleepAt < 0) {
        Thread.onSpinWait();
      } else {
        LockSupport.park(this);
        interrupted |= Thread.interrupted(); // an interrupted thread does not sleep
      }
    }
    if (interrupted) {
      caller.interrupt();
    }
  }
}
