package llava4j.model.kernel;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import llava4j.error.BadInputException;
import llava4j.io.UserCache;
import llava4j.model.kernel.KernelFile.Useless;

/// What was found of the kernels on this machine: measured once, kept in a file, and the same for
/// the whole process, so that answers do not depend on when a model was loaded.
final class MachineKernels {
  private static final MachineKernels OF_PROCESS =
      new MachineKernels(
          UserCache.folder(System.getenv("XDG_CACHE_HOME")),
          Machine::current,
          MeasuredKernels::ofThisMachine);

  private final Path folder;
  private final Supplier<Machine> machine;
  private final Supplier<MeasuredKernels> measurement;
  private final Map<Machine, Known> known = new HashMap<>(); // the number of threads may change

  /// @param note what the user should know about it: that, and why, it was measured just now
  record Known(MeasuredKernels measured, Optional<String> note) {}

  /// @param folder llava4j's folder in the user's cache
  MachineKernels(Path folder, Supplier<Machine> machine, Supplier<MeasuredKernels> measurement) {
    this.folder = folder;
    this.machine = machine;
    this.measurement = measurement;
  }

  static MachineKernels ofProcess() {
    return OF_PROCESS;
  }

  synchronized Known get() {
    return known.computeIfAbsent(machine.get(), this::find);
  }

  private Known find(Machine current) {
    KernelFile file = KernelFile.in(folder, current);
    String why = "";
    if (file.exists()) {
      try {
        return new Known(file.read(current), Optional.empty());
      } catch (Useless e) {
        why = ", because " + file.path() + " " + e.getMessage();
      }
    }
    long start = System.nanoTime();
    MeasuredKernels measured = measurement.get();
    String note =
        String.format(
            Locale.ROOT,
            "measured the kernels for quantised weights in %.1f s%s; llava info shows them",
            (System.nanoTime() - start) / 1e9,
            why);
    try {
      file.write(current, measured);
    } catch (BadInputException e) {
      note += "; they will be measured again, since " + e.getMessage();
    }
    return new Known(measured, Optional.of(note));
  }
}
