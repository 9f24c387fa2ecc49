package llava4j;

import java.util.concurrent.locks.ReentrantReadWriteLock;

/// Counts the requests that use a model, so that closing it can wait for them.
final class RunningRequests {
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private volatile boolean ended;
  private boolean finished;

  /// A request that is running until it is closed, on the thread that began it.
  interface Request extends AutoCloseable {
    @Override
    void close();
  }

  /// Begins a request. Never waits: where a running request waits for this one, and the end for
  /// that, nothing would go on.
  ///
  /// @throws IllegalStateException once [#end] has been called
  Request begin() {
    boolean begun = lock.readLock().tryLock(); // fails only while the end is at work
    if (begun && !ended) {
      return lock.readLock()::unlock;
    }
    if (begun) {
      lock.readLock().unlock();
    }
    throw new IllegalStateException("the model is closed");
  }

  /// Whether requests are refused.
  boolean isEnding() {
    return ended;
  }

  /// Refuses new requests and waits until none is running.
  ///
  /// @return whether this call is the one that ended them
  /// @throws IllegalStateException within a request, which would wait for itself
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
