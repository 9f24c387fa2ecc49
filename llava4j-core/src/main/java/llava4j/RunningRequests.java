package llava4j;

import java.util.concurrent.locks.ReentrantReadWriteLock;

/// Counts the requests that use a model, so that closing it can wait for them.
final class RunningRequests {
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private boolean ended;

  /// A request that is running until it is closed, on the thread that began it.
  interface Request extends AutoCloseable {
    @Override
    void close();
  }

  /// Begins a request.
  ///
  /// @throws IllegalStateException after [#end]
  Request begin() {
    lock.readLock().lock();
    if (ended) {
      lock.readLock().unlock();
      throw new IllegalStateException("the model is closed");
    }
    return lock.readLock()::unlock;
  }

  /// Refuses new requests and waits until none is running.
  ///
  /// @return whether this call is the one that ended them
  /// @throws IllegalStateException within a request, which would wait for itself
  boolean end() {
    if (lock.getReadHoldCount() > 0) {
      throw new IllegalStateException("a model cannot be closed from within its own answer");
    }
    lock.writeLock().lock();
    try {
      boolean first = !ended;
      ended = true;
      return first;
    } finally {
      lock.writeLock().unlock();
    }
  }
}
