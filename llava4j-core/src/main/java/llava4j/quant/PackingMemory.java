package llava4j.quant;

import ai.onnxruntime.OrtException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.IntFunction;

/// Reused buffers in which matrices are assembled before packing. They are reused, because the page
/// faults of new memory take longer than the packing.
public final class PackingMemory {
  private final Deque<ByteBuffer> free = new ArrayDeque<>();

  /// Work that needs a buffer.
  interface Work<T> {
    T with(IntFunction<ByteBuffer> buffer) throws OrtException;
  }

  /// Runs work that requests one direct buffer of at least the given number of bytes, which is
  /// valid until the work returns.
  <T> T use(Work<T> work) throws OrtException {
    ByteBuffer[] taken = new ByteBuffer[1];
    try {
      return work.with(bytes -> taken[0] = take(bytes));
    } finally {
      if (taken[0] != null) {
        synchronized (free) {
          free.push(taken[0]);
        }
      }
    }
  }

  /// Releases the buffers; Java frees them at the next garbage collection.
  public void clear() {
    synchronized (free) {
      free.clear();
    }
  }

  private ByteBuffer take(int bytes) {
    synchronized (free) {
      ByteBuffer kept = free.poll();
      if (kept != null && kept.capacity() >= bytes) {
        return kept.clear();
      }
    }
    return ByteBuffer.allocateDirect(bytes);
  }
}
