package llava4j.train.distributed;

import org.bytedeco.pytorch.Tensor;

/// The collectives between the processes of a run. Every process calls the same ones in the same
/// order; each is over when it returns, except [#allGather].
public sealed interface ProcessGroup extends AutoCloseable
    permits SingleProcess, ConnectedProcesses {

  int rank();

  int size();

  /// Sums `tensor` over all processes, in place.
  void sum(Tensor tensor);

  /// Begins to collect the parts of all processes, in rank order.
  ///
  /// @param whole receives them, [size * n]
  /// @param part this process's own, `[n]`; may be a view of `whole` at its place
  Pending allGather(Tensor whole, Tensor part);

  /// Sums `whole` over all processes and gives each its part.
  ///
  /// @param part receives it, `[n]`
  /// @param whole [size * n]; its content is undefined afterwards
  void reduceScatter(Tensor part, Tensor whole);

  /// Copies process 0's `tensor` to all, in place.
  void broadcast(Tensor tensor);

  /// Returns when all processes have come here.
  void barrier();

  /// Tells the other processes, in one sentence, why this one is about to end.
  void announceFailure(String sentence);

  /// A collective under way.
  interface Pending {
    Pending DONE = () -> {};

    /// Returns when it is over.
    void await();
  }

  @Override
  void close();
}
