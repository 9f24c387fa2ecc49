package llava4j.cli.doctor;

import java.util.List;
import llava4j.cli.doctor.Finding.Advice;
import llava4j.cli.doctor.Finding.Fault;
import llava4j.cli.doctor.Finding.Figure;
import llava4j.cli.doctor.Finding.Good;
import llava4j.model.load.MemoryPlan;

/// The memory that is left to this process.
///
/// @param free bytes that the machine and the control groups leave; [Long#MAX_VALUE] if unknown
/// @param limited whether it is a control group that leaves so little
/// @param heap bytes that Java's heap may grow to
record MemoryCheck(long free, boolean limited, long heap) implements Check {
  /// What llava-tiny with an image takes, with libtorch and Java.
  private static final long LEAST = 700L << 20;

  /// What a 7B in 4 bits takes with an image.
  private static final long COMFORTABLE = 6L << 30;

  @Override
  public String name() {
    return "memory";
  }

  @Override
  public List<Finding> run() {
    if (free == Long.MAX_VALUE) {
      return List.of(Finding.good("unknown on this system; Java's heap " + bytes(heap)));
    }
    String limit = limited ? ", limited by the control group" : "";
    String found = bytes(free) + " free" + limit + "; Java's heap at most " + bytes(heap);
    if (free < LEAST) {
      return List.of(
          new Fault(
              found + ", too little for any model",
              "end other programs, or raise the memory limit to 1 GB and more"));
    }
    if (free < COMFORTABLE) {
      return List.of(
          new Advice(
              found + ", enough for small models but not for a 7B in 4 bits",
              "raise the limit to 6 GB and more; 'llava info -m MODEL' says what a model needs"));
    }
    return List.of(new Good(found, List.of(new Figure("free_bytes", free))));
  }

  private static String bytes(long bytes) {
    return MemoryPlan.gigabytes(bytes);
  }
}
