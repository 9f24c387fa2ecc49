package llava4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llava4j.checkpoint.Checkpoint;
import llava4j.error.BadInputException;
import llava4j.golden.Golden;
import llava4j.tensor.Device;
import llava4j.tensor.NativeRuntime;
import llava4j.train.config.ConfigFile;
import llava4j.train.config.Presets;
import llava4j.train.config.TrainConfig;
import llava4j.train.distributed.ConnectedProcesses;
import llava4j.train.distributed.LaunchEnvironment;
import llava4j.train.distributed.LocalLauncher;
import llava4j.train.distributed.ProcessGroup;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two processes that were not started with the same settings or data.
class DifferingProcessesTest {
  @TempDir private Path folder;

  @Test
  void bothProcessesNameWhatDiffersBeforeTheFirstStep() throws Exception {
    MiniatureBase base = MiniatureBase.write(folder.resolve("base"), true);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintStream text = new PrintStream(out, true, StandardCharsets.UTF_8);
    List<String> arguments = List.of(base.folder().toString(), folder.toString());
    int code =
        new LocalLauncher(OfTwo.class.getName(), arguments, text, text)
            .run(2, Map.of(GoldenProcess.ROOT, Golden.root().toString()));
    String said = out.toString(StandardCharsets.UTF_8);
    assertThat(code).as(said).isZero();
    for (int rank = 0; rank < 2; rank++) {
      assertThat(said)
          .contains(
              rank
                  + ": process 1 differs from process 0: execution.seed is 7 instead of 42; start all",
              rank + ": process 1 differs from process 0: the fingerprint of --data is ",
              rank + ": dry run: process 1 differs from process 0: execution.seed is 7");
    }
    assertThat(folder.resolve("out/checkpoints")).doesNotExist();
  }

  /// The main class of the processes.
  static final class OfTwo {
    private OfTwo() {}

    /// @param arguments base, folder
    public static void main(String[] arguments) throws IOException {
      System.setProperty("llava4j.golden", System.getenv(GoldenProcess.ROOT));
      NativeRuntime.prepare();
      Path folder = Path.of(arguments[1]);
      MiniatureBase base = new MiniatureBase(Path.of(arguments[0]));
      try (ProcessGroup group =
          ConnectedProcesses.join(
              LaunchEnvironment.of(System.getenv()),
              new Device.Cpu(),
              Duration.ofMinutes(1),
              reason -> System.err.println(reason))) {
        boolean odd = group.rank() == 1;
        TrainConfig config = config("seed=" + (odd ? 7 : 42));
        Path data = MiniatureBase.data(config);
        tell(group, "", () -> trainer(base, config, data, folder, group).run());
        tell(group, "dry run: ", () -> trainer(base, config, data, folder, group).dryRun());
        Path other = folder.resolve("other.json");
        if (odd) {
          Files.writeString(other, Files.readString(data).replace("photo", "image"));
        }
        TrainConfig same = config("seed=42");
        tell(group, "", () -> trainer(base, same, odd ? other : data, folder, group).run());
      }
    }

    private static TrainConfig config(String override) {
      return new ConfigFile()
          .with(
              Presets.named("tinyPretrain"),
              List.of("globalBatch=2", "deviceBatch=1", "maxSteps=1", "maxLength=256", override));
    }

    private static Trainer trainer(
        MiniatureBase base, TrainConfig config, Path data, Path folder, ProcessGroup group) {
      Checkpoint checkpoint = base.open(config); // ends with the process
      TrainJob job =
          new TrainJob(
              config,
              checkpoint,
              data,
              Golden.path("images"),
              folder.resolve("out"),
              group,
              new Device.Cpu(),
              Optional.empty(),
              false);
      return new Trainer(job, new TrainingListener() {}, () -> false);
    }

    private static void tell(ProcessGroup group, String what, Runnable run) {
      try {
        run.run();
        System.err.println(group.rank() + ": no complaint");
      } catch (BadInputException e) {
        System.err.println(group.rank() + ": " + what + e.getMessage());
      }
    }
  }
}
