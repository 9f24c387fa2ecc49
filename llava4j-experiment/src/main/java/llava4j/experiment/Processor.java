package llava4j.experiment;

import java.nio.file.Path;
import llava4j.tensor.Device;
import llava4j.train.config.TrainConfig.Precision;

/// Which element type small models are trained in.
public final class Processor {
  private Processor() {}

  /// bfloat16 where the device multiplies it faster than fp32: on GPUs, and on processors with AMX
  /// or AVX512-BF16.
  public static Precision precisionFor(Device device) {
    return switch (device) {
      case Device.Cuda _ -> Precision.BF16;
      case Device.Cpu _ -> precisionFor(Path.of("/proc/cpuinfo"));
    };
  }

  /// @param information as Linux writes it; a missing file counts as a processor without bfloat16
  static Precision precisionFor(Path information) {
    return llava4j.tensor.Processor.of(information).hasBf16Products()
        ? Precision.BF16
        : Precision.FP32;
  }
}
