package llava4j.model.cache;

import java.util.Locale;
import llava4j.error.BadInputException;
import llava4j.error.Choice;
import llava4j.quant.PagedAttention;
import llava4j.tensor.DType;
import llava4j.tensor.Device;

/// What the keys and values of earlier tokens are kept in on a CPU. A GPU keeps them in the type of
/// its activations.
public enum KvFormat {
  /// FP16 beside weights of 4 or 8 bits, if there is a kernel for it; otherwise the type of
  /// activations, because rounded keys would be the largest error.
  AUTO,

  /// As they are computed.
  FP32,

  /// Half the memory.
  FP16,

  /// 8 bits and an fp32 scale for every 32 numbers of a head: 9/32 of fp32's memory.
  Q8;

  /// Reads a format written as [#toString] writes it, in any case.
  ///
  /// @throws BadInputException for other texts
  public static KvFormat parse(String text) {
    return Choice.parse(KvFormat.class, "format of the KV cache", text);
  }

  /// The type of the numbers in the cache's blocks.
  ///
  /// @param quantized whether the weights have 4 or 8 bits
  /// @throws BadInputException if there is no kernel for it here
  public DType type(Device device, boolean quantized) {
    boolean hasKernels = device instanceof Device.Cpu && PagedAttention.isAvailable();
    if (this == AUTO) {
      return quantized && hasKernels ? DType.F16 : device.computeType();
    }
    if (!(device instanceof Device.Cpu)) {
      throw new BadInputException(
          "the KV cache of a model on a GPU is " + device.computeType() + "; leave --kv-cache out");
    }
    if (this != FP32 && !hasKernels) {
      throw new BadInputException(
          "--kv-cache "
              + this
              + " needs the Vector API, which this Java was started without; leave --kv-cache out");
    }
    return switch (this) {
      case AUTO, FP32 -> DType.F32;
      case FP16 -> DType.F16;
      case Q8 -> DType.I8;
    };
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
