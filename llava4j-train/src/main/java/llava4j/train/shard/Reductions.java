package llava4j.train.shard;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import llava4j.tensor.Scope;
import llava4j.train.distributed.ProcessGroup.Pending;
import org.bytedeco.pytorch.Tensor;

/// The sums of gradients over the processes of a run that are under way while backward computes the
/// next gradients. They arrive in the order in which they started, so every number is what it would
/// be if each were waited for at once.
///
/// What is under way needs memory, hence a limit: two sums of any size, or more of them if they are
/// small.
public final class Reductions implements AutoCloseable {
  /// How many sums may be under way, of any size: while one travels, the next one is ready.
  public static final int LARGE = 2;

  /// How many bytes more sums than [#LARGE] may have together. A network with latency carries many
  /// small tensors at once, for example those of adapters.
  public static final long SMALL_BYTES = 64L << 20;

  private final Deque<UnderWay> underWay = new ArrayDeque<>();
  private long bytes;
  private boolean lastMicroBatch;

  /// @param bytes of the tensor that travels
  /// @param receivedOrNull where the sum arrives, closed after use; null if it arrives in place
  /// @param use called with `receivedOrNull` when the sum has arrived
  private record UnderWay(
      Pending pending, long bytes, Tensor receivedOrNull, Consumer<Tensor> use) {}

  /// Says that the last micro-batch of a step begins: with its gradients, the sums of the step are
  /// complete.
  public void beginLastMicroBatch() {
    lastMicroBatch = true;
  }

  boolean isLastMicroBatch() {
    return lastMicroBatch;
  }

  /// Waits until a sum of this size may start.
  void makeRoom(long next) {
    while (underWay.size() >= LARGE && bytes + next > SMALL_BYTES) {
      finishOldest();
    }
  }

  /// Keeps a sum that has started; uses it at once if it is complete.
  void add(Pending pending, long size, Tensor receivedOrNull, Consumer<Tensor> use) {
    underWay.add(new UnderWay(pending, size, receivedOrNull, use));
    bytes += size;
    if (pending.equals(Pending.DONE)) {
      finishOldest();
    }
  }

  /// Number of sums under way.
  public int underWay() {
    return underWay.size();
  }

  /// Waits for all sums. Call it before the gradients are used.
  ///
  /// @throws llava4j.train.distributed.LostProcessException if another process is lost
  public void await() {
    while (!underWay.isEmpty()) {
      finishOldest();
    }
  }

  /// Waits for all sums of a step; the next micro-batch is the first of another one.
  public void endStep() {
    await();
    lastMicroBatch = false;
  }

  private void finishOldest() {
    UnderWay oldest = underWay.remove();
    bytes -= oldest.bytes();
    try (Scope _ = new Scope();
        Tensor received = oldest.receivedOrNull()) {
      oldest.pending().await();
      oldest.use().accept(received);
    }
  }

  /// Gives up sums that nobody waits for, after a failure. libtorch keeps what still travels.
  @Override
  public void close() {
    underWay.forEach(one -> {
      if (one.receivedOrNull() != null) {
        one.receivedOrNull().close();
      }
    });
    underWay.clear();
    bytes = 0;
  }
}
