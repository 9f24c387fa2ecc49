package llava4j.model.load;

import llava4j.checkpoint.weights.TensorInfo;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.WeightFormat;

/// Keeps the 16-bit matrices of a small language model in fp32.
///
/// Our kernels for 16-bit rows are faster where memory bandwidth counts. But Java interprets them
/// first, a hundred times slower, and a small model has answered before they are compiled: with
/// llava-tiny (8 MB of matrices), the first token takes 0.3 s instead of 0.07 s, and the next ones
/// 80 ms instead of 7 ms. libtorch's fp32 kernels are fast at once.
public final class SmallModel {
  /// The largest size of a small language model's matrices in 16 bits.
  private static final long MAX_BYTES = 32L << 20;

  private SmallModel() {}

  /// The format for a model: fp32 in place of `auto` if the model is small, runs on the processor
  /// and has no quantised matrices; otherwise the format itself.
  public static WeightFormat format(WeightSource weights, Device device, WeightFormat asked) {
    if (asked != WeightFormat.AUTO || !(device instanceof Device.Cpu)) {
      return asked;
    }
    long bytes = 0;
    for (TensorInfo info : weights.tensors().values()) {
      if (LoadedParameters.isMatrix(info.name())) {
        if (weights.blocks(info.name()).isPresent()) {
          return asked;
        }
        bytes += info.shape().stream().reduce((long) DType.F16.bytes(), Math::multiplyExact);
      }
    }
    return bytes <= MAX_BYTES ? WeightFormat.FP32 : asked;
  }
}
