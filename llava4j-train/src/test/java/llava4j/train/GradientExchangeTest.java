package llava4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import llava4j.checkpoint.Checkpoint;
import llava4j.error.BadInputException;
import llava4j.train.config.ConfigFile;
import llava4j.train.config.Presets;
import llava4j.train.config.TrainConfig;
import llava4j.train.distributed.ProcessGroup;
import llava4j.train.shard.GradientExchange;
import llava4j.train.shard.ZeroStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Gradients that travel in fp32 and in bf16 between two processes.
class GradientExchangeTest {
  @TempDir private Path folder;

  @Test
  void inBf16HalfTheBytesTravelAndTheLossIsClose() throws Exception {
    MiniatureBase base = MiniatureBase.write(folder.resolve("base"), true);
    String said =
        TwoProcesses.run(OfTwo.class, List.of(base.folder().toString(), folder.toString()));
    System.out.print(said);
    Map<String, String[]> results = new TreeMap<>();
    said.lines()
        .filter(line -> line.startsWith("result "))
        .map(line -> line.split(" ", -1))
        .forEach(words -> results.put(words[1], words));
    assertThat(results).hasSize(4);
    for (String zero : List.of("NONE", "GRADIENTS")) {
      String[] exact = results.get(zero + "-EXACT");
      String[] bf16 = results.get(zero + "-BF16");
      assertThat(Double.parseDouble(bf16[2]))
          .isCloseTo(Double.parseDouble(exact[2]), within(5e-3))
          .isNotEqualTo(Double.parseDouble(exact[2]));
    }
    // beside some numbers, all that travels is gradients, each once
    double weights = bytes(results, "NONE-EXACT");
    assertThat(bytes(results, "NONE-BF16") / weights).isCloseTo(1 / 2., within(0.01));
    // and here new weights too, which stay as they are
    double gradients = bytes(results, "GRADIENTS-EXACT") - weights;
    assertThat((bytes(results, "GRADIENTS-BF16") - weights) / gradients)
        .isCloseTo(1 / 2., within(0.01));
  }

  private static double bytes(Map<String, String[]> results, String run) {
    return Double.parseDouble(results.get(run)[3]);
  }

  @Test
  void whereItMakesNoSenseItIsRefused() {
    assertThatThrownBy(() -> config("exchange=bf16").requireFits(1))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("exchange is BF16, but one process exchanges nothing");
    assertThatThrownBy(() -> config("exchange=bf16", "precision=fp64"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("exchange=BF16 rounds gradients");
    config("exchange=bf16").requireFits(2);
    config("exchange=exact").requireFits(1);
  }

  private static TrainConfig config(String... overrides) {
    List<String> all = new ArrayList<>(List.of(overrides));
    all.addAll(
        List.of("globalBatch=4", "deviceBatch=1", "maxSteps=4", "maxLength=256", "saveEvery=9"));
    return new ConfigFile().with(Presets.named("tinyFinetune"), all);
  }

  /// The main class of the processes.
  static final class OfTwo {
    private OfTwo() {}

    /// @param arguments base, folder
    public static void main(String[] arguments) {
      try (ProcessGroup group = TwoProcesses.join()) {
        for (ZeroStage zero : List.of(ZeroStage.NONE, ZeroStage.GRADIENTS)) {
          for (GradientExchange exchange : GradientExchange.values()) {
            run(arguments, group, config("zero=" + zero, "exchange=" + exchange));
          }
        }
      }
    }

    private static void run(String[] arguments, ProcessGroup group, TrainConfig config) {
      String name = config.execution().zero() + "-" + config.execution().exchange();
      double[] loss = new double[1];
      TrainingListener last =
          new TrainingListener() {
            @Override
            public void onStep(StepReport report) {
              loss[0] = report.loss();
            }
          };
      long before = group.exchangedBytes();
      try (Checkpoint base = new MiniatureBase(Path.of(arguments[0])).open(config)) {
        Path out = Path.of(arguments[1], name);
        new Trainer(MiniatureBase.job(config, base, out, group), last, () -> false).run();
      }
      if (group.rank() == 0) {
        long bytes = group.exchangedBytes() - before;
        System.out.println("result " + name + " " + loss[0] + " " + bytes);
      }
    }
  }
}
