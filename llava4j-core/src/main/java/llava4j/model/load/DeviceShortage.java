package llava4j.model.load;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.config.LlavaConfig;
import llava4j.error.MemoryShortageException;
import llava4j.tensor.Device;
import llava4j.tensor.WeightFormat;

/// A GPU without room for a model's weights. Its free memory is not known before, because what
/// libtorch keeps for itself depends on the GPU.
public final class DeviceShortage {
  /// How exceptions of libtorch's allocator and of CUDA itself about it begin.
  private static final List<String> OUT_OF_MEMORY =
      List.of("CUDA out of memory", "CUDA error: out of memory");

  private DeviceShortage() {}

  /// What is thrown for an exception while weights are loaded: the same, unless it says that the
  /// device's memory is used up.
  ///
  /// @param format in which they are loaded
  public static RuntimeException named(
      RuntimeException thrown,
      LlavaConfig config,
      WeightSource weights,
      Device device,
      WeightFormat format) {
    String message = String.valueOf(thrown.getMessage());
    if (OUT_OF_MEMORY.stream().noneMatch(message::contains)) {
      return thrown;
    }
    long bytes = MemoryPlan.of(config, weights, device, format).weightBytes();
    String smaller =
        Stream.of(WeightFormat.Q8, WeightFormat.Q4)
            .filter(other -> MemoryPlan.of(config, weights, device, other).weightBytes() < bytes)
            .map(WeightFormat::toString)
            .collect(Collectors.joining(" or "));
    return new MemoryShortageException(
        "the model does not fit: its weights need "
            + MemoryPlan.gigabytes(bytes)
            + " as "
            + format
            + ", and "
            + device
            + " has not as much free; use "
            + (smaller.isEmpty() ? "" : "--weights " + smaller + ", ")
            + "another GPU or --device cpu",
        thrown);
  }
}
