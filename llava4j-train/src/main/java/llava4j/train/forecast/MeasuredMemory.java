package llava4j.train.forecast;

import llava4j.model.load.MemoryPlan;
import llava4j.tensor.Device;
import org.bytedeco.pytorch.Stat;
import org.bytedeco.pytorch.cuda.DeviceStats;
import org.bytedeco.pytorch.global.torch;

/// The most memory that a run took of the device which its [Forecast] is about.
///
/// @param device where
/// @param bytes of this process on the processor; on a GPU what libtorch reserved there
public record MeasuredMemory(Device device, long bytes) {

  /// The most there ever was in this process.
  public static MeasuredMemory peak(Device device) {
    return new MeasuredMemory(
        device,
        switch (device) {
          case Device.Cpu _ -> ResidentMemory.peak();
          case Device.Cuda(int index) -> reserved(index);
        });
  }

  private static long reserved(int index) {
    try (DeviceStats stats = torch.getDeviceStats((byte) index);
        Stat reserved = stats.reserved_bytes()) {
      return reserved.peak();
    }
  }

  @Override
  public String toString() {
    return MemoryPlan.gigabytes(bytes) + " measured on " + device;
  }
}
