package llava4j;

import java.util.concurrent.locks.ReentrantReadWriteLock;

/// Counts the requests that use a model, so that closing it can wait for them.
final class RunningRequests {
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private volatile boolean ended;
  private boolean finished;

  /// A running request. It ends when it is closed, on the thread that started it.
  interface Request extends AutoCloseable {
    @Override
    void close();
  }

  /// Starts a request. It never blocks: if a running request waited for this one, and [#end] waited
  /// for the running one, there would be a deadlock.
  ///
  /// @throws IllegalStateException once [#end] has been called
  Request begin() {
    boolean begun = lock.readLock().tryLock(); // fails only while end() is running
    if (begun && !ended) {
      return lock.readLock()::unlock;
    }
    if (begun) {
      lock.readLock().unlock();
    }
    throw new IllegalStateException("the model is closed");
  }

  /// Whether new requests are refused.
  boolean isEnding() {
    return ended;
  }

  /// Refuses new requests and waits until none is running.
  ///
  /// @return whether this call was the first one
  /// @throws IllegalStateException if called within a request, which would wait for itself
  boolean end() {
    if (lock.getReadHoldCount() > 0) {
      throw new IllegalStateException("a model cannot be closed from within its own answer");
    }
    ended = true;
    lock.writeLock().lock();
    try {
      boolean first = !finished;
      finished = true;
      return first;
    } finally {
      lock.writeLock().unlock();
    }
  }
}
