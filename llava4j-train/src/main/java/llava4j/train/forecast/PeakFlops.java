package llava4j.train.forecast;

import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.train.model.GradientMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Measures the speed of matrix products on a device.
public final class PeakFlops {
  private static final int TRIES = 5;

  private PeakFlops() {}

  /// Floating point operations per second: the best of a few products of square matrices.
  public static double measure(Device device, DType type) {
    long side =
        switch (device) {
          case Device.Cpu _ -> 1024;
          case Device.Cuda _ -> 8192;
        };
    try (Scope _ = new Scope();
        GradientMode _ = GradientMode.off()) {
      Tensor left = torch.ones(new long[] {side, side}, Tensors.options(type, device));
      long best = Long.MAX_VALUE;
      for (int i = 0; i < TRIES; i++) {
        try (Scope _ = new Scope()) {
          long start = System.nanoTime();
          torch.mm(left, left).select(0, 0).select(0, 0).item_double(); // waits for the device
          best = Math.min(best, System.nanoTime() - start);
        }
      }
      return 2.0 * side * side * side / (best / 1e9);
    }
  }
}
