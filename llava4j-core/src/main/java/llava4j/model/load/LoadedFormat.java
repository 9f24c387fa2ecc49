package llava4j.model.load;

import java.util.Optional;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.error.BadInputException;
import llava4j.tensor.ComputeCapability;
import llava4j.tensor.Device;
import llava4j.tensor.WeightFormat;

/// The format that a model is loaded in, decided before anything is loaded.
///
/// @param note why it is not what was asked for, for the user; empty for most
public record LoadedFormat(WeightFormat format, Optional<String> note) {

  /// The format for a model in place of `auto`: fp32 for a small one on the processor (see
  /// [SmallModel]), and bf16 for a quantised one on a GPU that has no products for it. Other
  /// formats stay.
  ///
  /// @throws BadInputException for q8 and q4 on such a GPU
  public static LoadedFormat of(WeightSource weights, Device device, WeightFormat asked) {
    return switch (device) {
      case Device.Cpu _ ->
          new LoadedFormat(SmallModel.format(weights, device, asked), Optional.empty());
      case Device.Cuda _ -> onDevice(weights, device, asked);
    };
  }

  /// As [#of], but a small model keeps its format.
  static LoadedFormat onDevice(WeightSource weights, Device device, WeightFormat asked) {
    return switch (device) {
      case Device.Cuda cuda when isQuantized(weights, cuda, asked) ->
          onGpu(cuda, asked, ComputeCapability.of(cuda));
      case Device.Cuda _, Device.Cpu _ -> new LoadedFormat(asked, Optional.empty());
    };
  }

  /// The format for quantised weights.
  ///
  /// @param found of the GPU; empty if it is not known, and then its products will be checked
  static LoadedFormat onGpu(
      Device.Cuda device, WeightFormat asked, Optional<ComputeCapability> found) {
    if (asked != WeightFormat.AUTO) {
      found.ifPresent(known -> known.requireBf16Products(device));
      return new LoadedFormat(asked, Optional.empty());
    }
    return found
        .filter(known -> !known.hasBf16Products())
        .map(known ->
            new LoadedFormat(
                WeightFormat.BF16,
                Optional.of(
                    "note: weights are decoded to bf16, because products with 4 and 8 bits need"
                        + " compute capability "
                        + ComputeCapability.BF16_PRODUCTS
                        + ", and "
                        + device
                        + " has "
                        + known)))
        .orElseGet(() -> new LoadedFormat(asked, Optional.empty()));
  }

  private static boolean isQuantized(WeightSource weights, Device device, WeightFormat format) {
    return switch (format) {
      case Q8, Q4 -> true;
      case FP32, FP16, BF16 -> false;
      case AUTO -> MatrixPlan.quantizes(MatrixPlan.ofAll(weights, device, format));
    };
  }
}
