package llava4j.benchmarks;

import llava4j.train.plan.Machine;
import llava4j.train.plan.Work;

/// This machine, from measurements of single operations.
///
/// @param speeds measured by as many processes as there are cores, or by one with all threads
/// @param processes of the run; if they are more than those that measured, they take turns on the
///   same cores
record CalibratedMachine(PrimitiveSpeeds speeds, int processes) implements Machine {

  /// How much longer a process computes than those that measured, because it shares its core.
  private double turns() {
    return Math.max(1, (double) processes / speeds.processes());
  }

  @Override
  public double seconds(Work.Product product) {
    return turns() * speeds.product().at(product.flops());
  }

  @Override
  public double seconds(Work.Attend attend) {
    return turns() * speeds.attention().at(attend.flops());
  }

  @Override
  public double seconds(Work.Pass pass) {
    return turns() * speeds.pass().at(pass.bytes());
  }

  /// All bytes go through the cores that compute: P times (P - 1) / P of a gathered tensor.
  @Override
  public double seconds(Work.Transfer transfer) {
    double more = (processes - 1.0) / (speeds.processes() - 1.0);
    Curve curve =
        switch (transfer.kind()) {
          case ALL_GATHER -> speeds.gather();
          case REDUCE_SCATTER -> speeds.reduceScatter();
          case ALL_REDUCE -> speeds.allReduce();
        };
    return more * curve.at(transfer.bytes());
  }

  @Override
  public double launchSeconds() {
    return 0;
  }

  @Override
  public boolean overlaps() {
    return false;
  }
}
