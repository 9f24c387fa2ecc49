package llava4j.train.distributed;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/// The collective operations between the processes of a run. Every process must call the same ones
/// in the same order. Operations that return a [Pending] only start, several may be under way; all
/// others block until they are complete. A call, and the wait for a pending operation, throws
/// [LostProcessException] if another process is lost.
public sealed interface ProcessGroup extends AutoCloseable
    permits SingleProcess, ConnectedProcesses {

  /// Index of this process, from 0.
  int rank();

  /// Number of processes.
  int size();

  /// All-reduce: sums `tensor` over all processes, in place.
  default void sum(Tensor tensor) {
    beginSum(tensor).await();
  }

  /// All-reduce: starts to sum `tensor` over all processes, in place.
  ///
  /// @return a handle to wait for the end of the operation; the content of `tensor` is undefined
  ///   until then
  Pending beginSum(Tensor tensor);

  /// All-gather: starts to collect the parts of all processes, in rank order.
  ///
  /// @param whole receives the parts, [size * n]
  /// @param part the part of this process, `[n]`; may be the view of `whole` at its place
  /// @return a handle to wait for the end of the operation
  Pending allGather(Tensor whole, Tensor part);

  /// Reduce-scatter: starts to sum `whole` over all processes; each process receives its part.
  ///
  /// @param part receives the part, `[n]`
  /// @param whole [size * n]; its content is undefined afterwards. It may be closed at once: the
  ///   operation keeps its memory as long as it needs it
  /// @return a handle to wait for the end of the operation
  Pending reduceScatter(Tensor part, Tensor whole);

  /// Copies process 0's `tensor` to all, in place.
  void broadcast(Tensor tensor);

  /// Bytes of the tensors that this process has given to collective operations so far.
  long exchangedBytes();

  /// Blocks until all processes have called it.
  void barrier();

  /// Compares facts that must be the same on all processes, such as settings and fingerprints.
  ///
  /// @param facts values by name
  /// @throws llava4j.error.BadInputException on all processes if a value differs; it names the
  ///   process, the fact and both values
  void requireSame(Map<String, String> facts);

  /// Tells the other processes why this one is about to end. Their next call then throws a
  /// [LostProcessException] that repeats it.
  void announceFailure(RuntimeException failure);

  /// A collective operation that may not be complete yet.
  interface Pending {
    Pending DONE = () -> {};

    /// Blocks until the operation is complete.
    void await();
  }

  @Override
  void close();
}
