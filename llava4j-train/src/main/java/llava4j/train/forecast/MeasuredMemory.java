package llava4j.train.forecast;

import llava4j.model.load.MemoryPlan;
import llava4j.tensor.Device;
import org.bytedeco.pytorch.Stat;
import org.bytedeco.pytorch.cuda.DeviceStats;
import org.bytedeco.pytorch.global.torch;

/// The measured peak memory of a run, on the device that its [Forecast] is about.
///
/// @param device the device
/// @param bytes on a CPU the resident memory of this process; on a GPU the memory that libtorch
///   reserved
public record MeasuredMemory(Device device, long bytes) {

  /// The peak since this process started.
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
