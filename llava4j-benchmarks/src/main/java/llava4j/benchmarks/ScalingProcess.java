package llava4j.benchmarks;

import java.time.Duration;
import java.util.OptionalInt;
import llava4j.tensor.Device;
import llava4j.tensor.NativeRuntime;
import llava4j.train.DryRun;
import llava4j.train.distributed.ConnectedProcesses;
import llava4j.train.distributed.LaunchEnvironment;
import llava4j.train.distributed.ProcessGroup;
import llava4j.train.forecast.ResidentMemory;

/// The main class of the processes whose steps [ScalingBenchmark] predicts: a few steps of one of
/// its cases, then one line of [Figures].
final class ScalingProcess {
  static final String MARK = "scaling";

  private static final int WARM_UP = 2;

  private ScalingProcess() {}

  /// @param seconds of the fastest step after the first two
  /// @param peak bytes of the process at most
  /// @param rows positions of a step, of all processes
  /// @param supervised positions with a supervised next token, of all processes
  /// @param others share of the processors that other programs used meanwhile
  record Figures(double seconds, long peak, long rows, long supervised, double others) {
    static Figures parse(String line) {
      String[] parts = line.split(" ", -1);
      return new Figures(
          Double.parseDouble(parts[1]),
          Long.parseLong(parts[2]),
          Long.parseLong(parts[3]),
          Long.parseLong(parts[4]),
          Double.parseDouble(parts[5]));
    }

    String line() {
      return MARK + " " + seconds + " " + peak + " " + rows + " " + supervised + " " + others;
    }
  }

  /// Arguments: name of the case, number of timed steps.
  public static void main(String[] arguments) {
    NativeRuntime.prepare();
    NativeRuntime.useThreads(OptionalInt.empty());
    ScalingCase chosen = ScalingCase.valueOf(arguments[0]);
    int steps = Integer.parseInt(arguments[1]);
    try (ProcessGroup group =
            ConnectedProcesses.join(
                LaunchEnvironment.of(System.getenv()),
                new Device.Cpu(),
                Duration.ofMinutes(5),
                reason -> System.err.println(reason));
        TrainingWorkload workload = TrainingWorkload.of(chosen.model());
        DryRun dryRun = new DryRun(chosen.job(workload, group))) {
      DryRun.Result result = dryRun.next();
      for (int step = 1; step < WARM_UP; step++) {
        result = dryRun.next();
      }
      OtherPrograms others = OtherPrograms.watch(group.size());
      double seconds = Double.POSITIVE_INFINITY;
      for (int step = 0; step < steps; step++) {
        seconds = Math.min(seconds, dryRun.next().seconds());
      }
      double share = others.share();
      if (group.rank() == 0) {
        System.out.println(
            new Figures(seconds, ResidentMemory.peak(), result.rows(), result.supervised(), share)
                .line());
      }
    }
  }
}
