package llava4j.train;

import java.time.Duration;
import llava4j.golden.Golden;
import llava4j.tensor.Device;
import llava4j.train.config.TrainConfig.LossAverage;
import llava4j.train.distributed.ConnectedProcesses;
import llava4j.train.distributed.LaunchEnvironment;
import llava4j.train.distributed.ProcessGroup;
import llava4j.train.shard.ZeroStage;

/// One of several processes that repeat the reference's runs together. Exits with a stack trace and
/// code 1 if a number differs.
final class GoldenProcess {
  static final String ROOT = "LLAVA4J_GOLDEN_ROOT";

  private GoldenProcess() {}

  /// @param arguments pairs of a run's name and a loss average; each process has one micro-batch of
  ///   every step
  public static void main(String[] arguments) {
    System.setProperty("llava4j.golden", System.getenv(ROOT));
    LaunchEnvironment environment = LaunchEnvironment.of(System.getenv());
    try (ProcessGroup group =
            ConnectedProcesses.join(
                environment,
                new Device.Cpu(),
                Duration.ofMinutes(2),
                reason -> System.err.println(reason));
        GoldenTraining golden = new GoldenTraining()) {
      for (int i = 0; i < arguments.length; i += 2) {
        for (ZeroStage zero : ZeroStage.values()) {
          golden.check(
              arguments[i], zero, LossAverage.valueOf(arguments[i + 1]), group.size(), group);
          if (group.rank() == 0) {
            System.out.printf(
                "golden %s in %s with %d processes, ZeRO stage %d: equal%n",
                arguments[i], Golden.root().getFileName(), group.size(), zero.number());
          }
        }
      }
    }
  }
}
