package llava4j.model.kernel;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/// What was found of the kernels for quantised weights on a machine.
public record MeasuredKernels(KernelFigures fourBits, KernelFigures eightBits) {

  /// Checks and measures: some seconds, most of which Java compiles the kernels.
  static MeasuredKernels ofThisMachine() {
    ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Race race = new Race(System::nanoTime, thread::getCurrentThreadAllocatedBytes);
    try (KernelMeasurement measurement = new KernelMeasurement(race)) {
      // while the kernels are checked, Java begins to compile them
      KernelFigures four = measurement.checked(4);
      KernelFigures eight = measurement.checked(8);
      return new MeasuredKernels(measurement.timed(4, four), measurement.timed(8, eight));
    }
  }

  /// @param bits 4 or 8
  public KernelFigures of(int bits) {
    return bits == 4 ? fourBits : eightBits;
  }
}
