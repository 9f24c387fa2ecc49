package llava4j.train.plan;

import llava4j.model.plan.Cluster;
import llava4j.tensor.DType;

/// GPUs that are not at hand. Data sheets say what is possible at most; the shares of it that are
/// reached are assumptions, the same for all devices. None is fitted to a training run.
///
/// @param type of the products' factors
public record ClusterMachine(Cluster cluster, DType type) implements Machine {
  /// Of the dense peak, in products of thousands of rows. cuBLAS reaches 70 to 85 % of it.
  private static final double PRODUCTS = 0.75;

  /// Of the dense peak, in fused attention, forward and backward.
  private static final double ATTENTION = 0.4;

  /// Of the memory's bandwidth, in operators that only move numbers.
  private static final double MEMORY = 0.8;

  /// Of the link's speed, in NCCL's rings.
  private static final double COLLECTIVES = 0.8;

  /// Until a collective operation of small tensors is done, in seconds.
  private static final double LATENCY = 30e-6;

  /// To start one operator from Java, in seconds: the driver's 4 to 5 µs, libtorch's dispatcher and
  /// autograd.
  private static final double LAUNCH = 10e-6;

  @Override
  public double seconds(Work.Product product) {
    double bytes =
        type.bytes()
            * (product.m() * product.k() + product.k() * product.n() + product.m() * product.n());
    return Math.max(
        product.flops() / (PRODUCTS * cluster.accelerator().peakFlops(type)), moving(bytes));
  }

  @Override
  public double seconds(Work.Attend attend) {
    return attend.flops() / (ATTENTION * cluster.accelerator().peakFlops(type));
  }

  @Override
  public double seconds(Work.Pass pass) {
    return moving(pass.bytes());
  }

  @Override
  public double seconds(Work.Transfer transfer) {
    double sent = transfer.bytes() * transfer.kind().sentShare(cluster.size());
    return LATENCY + sent / (COLLECTIVES * cluster.collectiveBandwidth());
  }

  @Override
  public double launchSeconds() {
    return LAUNCH;
  }

  @Override
  public boolean overlaps() {
    return true;
  }

  private double moving(double bytes) {
    return bytes / (MEMORY * cluster.accelerator().bandwidth());
  }
}
