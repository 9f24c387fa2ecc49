package llava4j.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/// How much of this machine's processors other programs used during a measurement: with much of it,
/// the measurement says little.
///
/// @param processes of the measurement, which all use as much as this one
/// @param start in nanoseconds, as [System#nanoTime]
/// @param busy ticks of all processors until then, by any program
/// @param own nanoseconds of processors that this process used until then
record OtherPrograms(int processes, long start, double busy, double own) {
  private static final Path STATISTICS = Path.of("/proc/stat");
  private static final double TICK = 0.01;
  private static final double NANOSECONDS = 1e9;
  private static final int IDLE = 4;
  private static final int WAITING = 5;
  private static final int GUESTS = 9; // from here on counted elsewhere, too

  /// Begins to watch.
  static OtherPrograms watch(int processes) {
    return new OtherPrograms(processes, System.nanoTime(), busyTicks(), ownNanoseconds());
  }

  /// Share of all processors, from 0 to 1; NaN if the system does not tell.
  double share() {
    double seconds = (System.nanoTime() - start) / NANOSECONDS;
    double all = (busyTicks() - busy) * TICK;
    double ours = processes * (ownNanoseconds() - own) / NANOSECONDS;
    return Math.max(0, all - ours) / (seconds * Runtime.getRuntime().availableProcessors());
  }

  private static double ownNanoseconds() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
  }

  private static double busyTicks() {
    try {
      String[] words = Files.readAllLines(STATISTICS).getFirst().split("\\s+", -1);
      double sum = 0;
      for (int i = 1; i < Math.min(words.length, GUESTS); i++) {
        sum += i == IDLE || i == WAITING ? 0 : Double.parseDouble(words[i]);
      }
      return sum;
    } catch (IOException e) {
      return Double.NaN; // not Linux
    }
  }
}
