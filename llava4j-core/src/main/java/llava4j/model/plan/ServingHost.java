package llava4j.model.plan;

import llava4j.tensor.DType;

/// A device that answers requests.
///
/// @param name for the user
/// @param memoryBytes that a model and its requests can use
/// @param bandwidth bytes a second that decode steps read
/// @param flops floating point operations a second that prompts and images reach
/// @param launchSeconds to start one operator; 0 where it runs on the host itself
public record ServingHost(
    String name, long memoryBytes, double bandwidth, double flops, double launchSeconds) {
  /// Share of a GPU's dense peak that prompts and images reach; an assumption, as the others.
  private static final double OF_PEAK = 0.45;

  /// Share of a GPU's bandwidth that decode steps reach.
  private static final double OF_BANDWIDTH = 0.8;

  /// To start one operator from Java: the driver's 4 to 5 µs, and libtorch's dispatcher.
  private static final double LAUNCH = 10e-6;

  public ServingHost {
    if (memoryBytes < 1 || !(bandwidth > 0) || !(flops > 0) || !(launchSeconds >= 0)) {
      throw new IllegalArgumentException(
          "no device has %d bytes, %s bytes/s and %s FLOP/s"
              .formatted(memoryBytes, bandwidth, flops));
    }
  }

  /// A GPU, from its data sheet.
  public static ServingHost of(Accelerator accelerator) {
    return new ServingHost(
        accelerator.toString(),
        accelerator.memoryBytes(),
        OF_BANDWIDTH * accelerator.bandwidth(),
        OF_PEAK * accelerator.peakFlops(DType.BF16),
        LAUNCH);
  }
}
