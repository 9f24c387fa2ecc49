package llava4j.train.plan;

/// How fast a process computes and communicates, measured or from data sheets.
public interface Machine {

  /// Seconds of one product, while all processes compute.
  double seconds(Work.Product product);

  /// Seconds of one attention.
  double seconds(Work.Attend attend);

  /// Seconds of one operator that only moves numbers.
  double seconds(Work.Pass pass);

  /// Seconds of one collective operation of all processes.
  double seconds(Work.Transfer transfer);

  /// Seconds that the host needs to start one operator while the device works on earlier ones; 0
  /// where an operator runs on the host itself.
  double launchSeconds();

  /// Whether collective operations run beside the computation without slowing it: with GPUs, not
  /// with processes that share their cores with the network.
  boolean overlaps();
}
