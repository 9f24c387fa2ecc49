package llava4j.quant;

import ai.onnxruntime.OrtException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import llava4j.tensor.Device;
import llava4j.tensor.NibbleMatMul;

/// What the matrices of a model share while they are packed: their device, and reused buffers in
/// which they are assembled. These are reused, because the page faults of new memory take longer
/// than the packing.
public final class PackingMemory {
  private final Supplier<NibbleMatMul> products;
  private final Deque<ByteBuffer> free = new ArrayDeque<>();
  private NibbleMatMul nibbles; // null until a matrix needs it

  /// For matrices on the processor.
  public PackingMemory() {
    this(new Device.Cpu());
  }

  public PackingMemory(Device device) {
    this(() -> NibbleMatMul.on(device));
  }

  /// For matrices on the device of these products, which are asked for when a matrix needs them.
  public PackingMemory(Supplier<NibbleMatMul> products) {
    this.products = products;
  }

  /// The device's products of 4-bit numbers, which are checked once.
  ///
  /// @throws llava4j.error.BadInputException if the device cannot multiply so
  synchronized NibbleMatMul nibbles() {
    if (nibbles == null) {
      nibbles = products.get();
    }
    return nibbles;
  }

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
