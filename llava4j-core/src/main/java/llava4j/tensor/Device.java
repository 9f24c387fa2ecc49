package llava4j.tensor;

import llava4j.error.BadInputException;
import org.bytedeco.pytorch.global.torch;

/// The device on which the model runs.
public sealed interface Device {

  /// The CPU.
  record Cpu() implements Device {
    @Override
    public String toString() {
      return "cpu";
    }
  }

  /// One NVIDIA GPU, counted from 0.
  record Cuda(int index) implements Device {
    public Cuda {
      if (index < 0) {
        throw new BadInputException("CUDA device numbers start at 0, not " + index);
      }
    }

    @Override
    public String toString() {
      return "cuda:" + index;
    }
  }

  /// Parses `cpu`, `cuda`, `cuda:1` or `auto` (the first GPU if libtorch finds one, or else the
  /// CPU).
  static Device parse(String text) {
    if (text.equals("cpu")) {
      return new Cpu();
    }
    if (text.equals("auto")) {
      return torch.cuda_is_available() ? new Cuda(0) : new Cpu();
    }
    if (text.matches("cuda(:\\d{1,3})?")) {
      int index = text.equals("cuda") ? 0 : Integer.parseInt(text.substring("cuda:".length()));
      return new Cuda(index).requirePresent();
    }
    throw new BadInputException("unknown device '" + text + "': use cpu, cuda, cuda:N or auto");
  }

  /// This device; fails if libtorch cannot use it.
  default Device requirePresent() {
    return switch (this) {
      case Cpu cpu -> cpu;
      case Cuda cuda -> {
        if (!torch.cuda_is_available()) {
          throw new BadInputException(
              "device "
                  + cuda
                  + " is not usable: libtorch sees no GPU; start with LLAVA_DEVICE=cuda, which says"
                  + " what is missing, or use --device cpu");
        }
        if (cuda.index() >= torch.cuda_device_count()) {
          throw new BadInputException(
              "device "
                  + cuda
                  + " does not exist: this machine has "
                  + torch.cuda_device_count()
                  + " GPU(s)");
        }
        yield cuda;
      }
    };
  }

  /// The element type of activations on this device: fp32 on the CPU, where 16-bit matrix products
  /// are slow or missing; bf16 on a GPU.
  default DType computeType() {
    return switch (this) {
      case Cpu _ -> DType.F32;
      case Cuda _ -> DType.BF16;
    };
  }

  /// libtorch's object for this device.
  default org.bytedeco.pytorch.Device torchDevice() {
    return new org.bytedeco.pytorch.Device(toString());
  }
}
