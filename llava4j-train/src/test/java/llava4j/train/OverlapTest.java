package llava4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import llava4j.checkpoint.Checkpoint;
import llava4j.train.batch.Batch;
import llava4j.train.config.ConfigFile;
import llava4j.train.config.Presets;
import llava4j.train.config.TrainConfig;
import llava4j.train.distributed.ProcessGroup;
import llava4j.train.model.ModelUnits;
import llava4j.train.model.Objective;
import llava4j.train.model.TrainingModel;
import llava4j.train.shard.ZeroStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The sums of gradients over the processes run beside backward: process 1 begins its backward pass
/// only when process 0 has ended its own, whose sums are all under way then, the head's since
/// before the first block.
class OverlapTest {
  private static final List<ZeroStage> STAGES =
      List.of(ZeroStage.NONE, ZeroStage.OPTIMIZER, ZeroStage.GRADIENTS);

  @TempDir private Path folder;

  @Test
  void theSumsOfAllUnitsStartBeforeBackwardHasEnded() throws Exception {
    MiniatureBase base = MiniatureBase.write(folder.resolve("base"), true);
    String said =
        TwoProcesses.run(OfTwo.class, List.of(base.folder().toString(), folder.toString()));
    assertThat(said.lines().filter(line -> line.startsWith("under way")))
        .containsExactlyElementsOf(
            STAGES.stream().map(zero -> "under way with " + zero + ": all").toList());
  }

  /// The main class of the processes.
  static final class OfTwo {
    private OfTwo() {}

    /// @param arguments base, folder
    public static void main(String[] arguments) {
      try (ProcessGroup group = TwoProcesses.join()) {
        for (ZeroStage zero : STAGES) {
          run(arguments, group, zero);
        }
      }
    }

    private static void run(String[] arguments, ProcessGroup group, ZeroStage zero) {
      TrainConfig config =
          new ConfigFile()
              .with(
                  Presets.named("tinyFinetune"),
                  List.of(
                      "zero=" + zero,
                      "globalBatch=2",
                      "deviceBatch=1",
                      "maxSteps=1",
                      "maxLength=256"));
      Path ended = Path.of(arguments[1], "ended-" + zero);
      try (Checkpoint base = new MiniatureBase(Path.of(arguments[0])).open(config)) {
        Path out = Path.of(arguments[1], "out-" + zero);
        TrainJob job =
            MiniatureBase.job(config, base, out, group)
                .withObjective((run, llava, device, units, features) ->
                    new Late(
                        TrainingModel.of(run, llava, device, units, features),
                        units,
                        group.rank() == 0,
                        zero,
                        ended));
        try (DryRun run = new DryRun(job)) {
          run.next();
        }
      }
    }
  }

  /// @param isFirst whether this is process 0, which does not wait
  /// @param ended a file that process 0 writes when its backward pass has ended
  private record Late(
      Objective model, ModelUnits units, boolean isFirst, ZeroStage zero, Path ended)
      implements Objective {
    @Override
    public Planned plan(Batch batch) {
      return model.plan(batch);
    }

    @Override
    public double forwardBackward(Planned planned, double scale, long seed) {
      try {
        while (!isFirst && !Files.exists(ended)) {
          Thread.sleep(10);
        }
        double loss = model.forwardBackward(planned, scale, seed);
        if (isFirst) {
          int started = units.reductions().underWay();
          // the embedding table has two: of the head, which shares it, and of its own rows
          int all = units.trainable().size() + (zero.shardsGradients() ? 1 : 0);
          System.out.println(
              "under way with " + zero + ": " + (started == all ? "all" : started + " of " + all));
          Files.createFile(ended);
        }
        return loss;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
