package llava4j.model.load;

import llava4j.checkpoint.weights.WeightSource;
import llava4j.config.LlavaConfig;
import llava4j.error.MemoryShortageException;
import llava4j.tensor.Device;
import llava4j.tensor.WeightFormat;

/// A GPU without room for a model's weights. Its free memory is not known before, because what
/// libtorch keeps for itself depends on the GPU.
public final class DeviceShortage {
  /// How libtorch's exceptions about it begin.
  private static final String OUT_OF_MEMORY = "CUDA out of memory";

  private DeviceShortage() {}

  /// What is thrown for an exception while weights are loaded: the same, unless it says that the
  /// device's memory is used up.
  public static RuntimeException named(
      RuntimeException thrown,
      LlavaConfig config,
      WeightSource weights,
      Device device,
      WeightFormat format) {
    if (thrown.getMessage() == null || !thrown.getMessage().contains(OUT_OF_MEMORY)) {
      return thrown;
    }
    long bytes = MemoryPlan.of(config, weights, device, format).weightBytes();
    String smaller =
        switch (format) {
          case Q4 -> "";
          case Q8 -> "--weights q4, ";
          case AUTO, BF16, FP16, FP32 -> "--weights q8 or q4, ";
        };
    return new MemoryShortageException(
        "the model does not fit: its weights need "
            + MemoryPlan.gigabytes(bytes)
            + " as "
            + format
            + ", and "
            + device
            + " has not as much free; use "
            + smaller
            + "another GPU or --device cpu",
        thrown);
  }
}
