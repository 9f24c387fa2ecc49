package llava4j.quant;

import ai.onnxruntime.OrtException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.IntFunction;

/// Buffers in which matrices are put together before they are packed, used again for each: fresh
/// memory comes in empty pages, which take longer than the packing.
public final class PackingMemory {
  private final Deque<ByteBuffer> free = new ArrayDeque<>();

  /// What needs a buffer.
  interface Work<T> {
    T with(IntFunction<ByteBuffer> buffer) throws OrtException;
  }

  /// Runs work that asks once for a direct buffer of at least so many bytes, which is good until it
  /// returns.
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

  /// Lets the buffers go, which Java frees when it next looks.
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
