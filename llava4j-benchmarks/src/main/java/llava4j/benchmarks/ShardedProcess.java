package llava4j.benchmarks;

import java.time.Duration;
import java.util.Locale;
import llava4j.tensor.Device;
import llava4j.tensor.NativeRuntime;
import llava4j.train.DryRun;
import llava4j.train.distributed.ConnectedProcesses;
import llava4j.train.distributed.LaunchEnvironment;
import llava4j.train.distributed.ProcessGroup;

/// The main class of the processes that [ZeroMemoryBenchmark] starts: two steps over the same four
/// samples, then one line of [Figures].
final class ShardedProcess {
  static final String MARK = "figures";

  private static final int SAMPLES = 4;

  private ShardedProcess() {}

  /// @param resident bytes of parameters, gradients and optimiser state between steps
  /// @param process bytes of the whole process
  /// @param loss of the second step
  record Figures(long resident, long process, double loss) {
    static Figures parse(String line) {
      String[] parts = line.split(" ", -1);
      return new Figures(
          Long.parseLong(parts[1]), Long.parseLong(parts[2]), Double.parseDouble(parts[3]));
    }

    String line() {
      return MARK + " " + resident + " " + process + " " + loss;
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%.0f MB of parameters, gradients and optimiser state, %.0f MB in all",
          resident / 1e6,
          process / 1e6);
    }
  }

  /// Arguments: ZeRO stage, number of processes.
  public static void main(String[] arguments) {
    NativeRuntime.prepare();
    int each = SAMPLES / Integer.parseInt(arguments[1]);
    LaunchEnvironment environment = LaunchEnvironment.of(System.getenv());
    try (ProcessGroup group =
            ConnectedProcesses.join(
                environment,
                new Device.Cpu(),
                Duration.ofMinutes(5),
                reason -> System.err.println(reason));
        TrainingWorkload workload = new TrainingWorkload();
        DryRun dryRun =
            new DryRun(
                workload.job(
                    group,
                    "zero=" + arguments[0],
                    "globalBatch=" + SAMPLES,
                    "deviceBatch=" + each,
                    "order=SEQUENTIAL"))) {
      dryRun.next();
      DryRun.Result second = dryRun.next();
      if (group.rank() == 0) {
        System.out.println(
            new Figures(dryRun.residentBytes(), ResidentMemory.now(), second.loss()).line());
      }
    }
  }
}
