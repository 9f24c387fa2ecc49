package llava4j.model.kernel;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import llava4j.io.UserCache;
import llava4j.model.kernel.KernelFile.Useless;

/// What was found of the kernels on this machine: measured when it is asked for, kept in a file,
/// and read once for the whole process, so that answers do not depend on when a model was loaded.
public final class MachineKernels {
  private static final MachineKernels OF_PROCESS =
      new MachineKernels(
          UserCache.folder(System.getenv("XDG_CACHE_HOME")),
          Machine::current,
          MeasuredKernels::ofThisMachine);

  private final Path folder;
  private final Supplier<Machine> machine;
  private final Supplier<MeasuredKernels> measurement;
  private final Map<Machine, Known> known = new HashMap<>(); // the number of threads may change

  /// @param measured empty if nothing of use was kept
  /// @param note why a file that was kept is of no use
  record Known(Optional<MeasuredKernels> measured, Optional<String> note) {}

  /// What was measured just now.
  ///
  /// @param file that keeps it
  public record Kept(MeasuredKernels measured, double seconds, Path file) {}

  /// @param folder llava4j's folder in the user's cache
  MachineKernels(Path folder, Supplier<Machine> machine, Supplier<MeasuredKernels> measurement) {
    this.folder = folder;
    this.machine = machine;
    this.measurement = measurement;
  }

  public static MachineKernels ofProcess() {
    return OF_PROCESS;
  }

  /// Checks and times the kernels with the current number of threads, and keeps it for processes
  /// that start from now on.
  ///
  /// @throws llava4j.error.BadInputException if it cannot be kept
  public Kept measure() {
    Machine current = machine.get();
    KernelFile file = KernelFile.in(folder, current);
    long start = System.nanoTime();
    MeasuredKernels measured = measurement.get();
    double seconds = (System.nanoTime() - start) / 1e9;
    file.write(current, measured);
    return new Kept(measured, seconds, file.path());
  }

  synchronized Known get() {
    return known.computeIfAbsent(machine.get(), this::find);
  }

  private Known find(Machine current) {
    KernelFile file = KernelFile.in(folder, current);
    if (!file.exists()) {
      return new Known(Optional.empty(), Optional.empty());
    }
    try {
      return new Known(Optional.of(file.read(current)), Optional.empty());
    } catch (Useless e) {
      return new Known(
          Optional.empty(),
          Optional.of(
              "kernels for quantised weights are the usual ones, because "
                  + file.path()
                  + " "
                  + e.getMessage()
                  + "; 'llava doctor --measure-kernels' makes it anew"));
    }
  }
}
