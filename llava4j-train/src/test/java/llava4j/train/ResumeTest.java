package llava4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import llava4j.train.distributed.LocalLauncher;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A run that is killed and resumed gives bit-identical results to one that is not.
@Tag("slow")
class ResumeTest {
  private static final int STEPS = 6;
  private static final List<String> SIZES =
      List.of("globalBatch=8", "deviceBatch=4", "maxLength=256", "saveEvery=1", "keepLast=2");

  @TempDir Path folder;

  @Test
  void killedAtThreeRandomStepsTheRunEndsWithTheSameBits() throws Exception {
    Path whole = folder.resolve("whole");
    assertThat(new Run("tinyLora", whole, 1, List.of()).toEnd()).isZero();
    Path broken = folder.resolve("broken");
    int[] steps =
        new Random(System.nanoTime()).ints(0, STEPS).distinct().limit(3).sorted().toArray();
    for (int step : steps) { // each resumes what the one before left
      new Run("tinyLora", broken, 1, List.of()).killAfter(step);
      assertThat(Files.exists(broken.resolve("adapter_model.safetensors")))
          .as("killed before its end, at step " + step)
          .isFalse();
    }
    assertThat(new Run("tinyLora", broken, 1, List.of("prefetch=1")).toEnd()).isZero();
    assertSameFiles(whole, broken, "adapter_model.safetensors");
    assertSameFiles(whole, broken, "non_lora_trainables.bin");
    assertSameFiles(whole, broken, finalState(1, 0));
  }

  /// The paper's main run: bf16, sharded parameters.
  @Test
  void oneOfTwoProcessesKilledTheRunEndsWithTheSameBits() throws Exception {
    Path whole = folder.resolve("whole");
    assertThat(new Run("finetune7b", whole, 2, List.of()).toEnd()).isZero();
    Path broken = folder.resolve("broken");
    Run run = new Run("finetune7b", broken, 2, List.of());
    run.killAfter(new Random(System.nanoTime()).nextInt(STEPS - 1));
    assertThat(run.complaints()).containsPattern("process [01] (has stopped|ended)");
    assertThat(new Run("finetune7b", broken, 2, List.of()).toEnd()).isZero();
    assertSameFiles(whole, broken, finalState(2, 0));
    assertSameFiles(whole, broken, finalState(2, 1));
    assertSameFiles(whole, broken, "hf/model.safetensors");
  }

  @Test
  void sameSeedGivesTheSameBitsHoweverFarAheadBatchesAreMade() throws Exception {
    Path one = folder.resolve("one");
    Path other = folder.resolve("other");
    assertThat(new Run("tinyFinetune", one, 1, List.of("prefetch=1")).toEnd()).isZero();
    assertThat(new Run("tinyFinetune", other, 1, List.of("prefetch=16")).toEnd()).isZero();
    assertSameFiles(one, other, "hf/model.safetensors");
  }

  @Test
  void anotherNumberOfProcessesGoesOnFromTheCheckpoint() throws Exception {
    Path out = folder.resolve("out");
    new Run("tinyFinetune", out, 1, List.of()).killAfter(2);
    Run two = new Run("tinyFinetune", out, 2, List.of("zero=gradients"));
    assertThat(two.toEnd()).as(two.complaints()).isZero();
    assertThat(out.resolve("hf/model.safetensors")).isRegularFile();
  }

  private static String finalState(int processes, int rank) {
    return String.format(
        "checkpoints/step-%08d/process-%05d-of-%05d.safetensors", STEPS, rank, processes);
  }

  private static void assertSameFiles(Path one, Path other, String name) throws IOException {
    assertThat(Files.mismatch(one.resolve(name), other.resolve(name))).as(name).isEqualTo(-1);
  }

  /// A run in separate processes.
  private static final class Run {
    private final Path out;
    private final int processes;
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final LocalLauncher launcher;

    Run(String preset, Path out, int processes, List<String> overrides) {
      this.out = out;
      this.processes = processes;
      List<String> arguments = new ArrayList<>(List.of(preset, out.toString()));
      arguments.addAll(SIZES);
      arguments.addAll(overrides);
      PrintStream text = new PrintStream(err, true, StandardCharsets.UTF_8);
      this.launcher = new LocalLauncher(TrainingProcess.class.getName(), arguments, text, text);
    }

    int toEnd() throws InterruptedException {
      int code =
          launcher.run(processes, Map.of(GoldenProcess.ROOT, System.getProperty("llava4j.golden")));
      if (code != 0) {
        System.out.println(complaints());
      }
      return code;
    }

    /// Kills the last process without warning when the checkpoint of `step` exists.
    void killAfter(int step) throws Exception {
      Thread killer =
          Thread.ofVirtual()
              .start(() -> {
                while (lastStep() < step || launcher.processes().size() < processes) {
                  sleep();
                }
                launcher.processes().getLast().destroyForcibly();
              });
      assertThat(
              launcher.run(
                  processes, Map.of(GoldenProcess.ROOT, System.getProperty("llava4j.golden"))))
          .as(complaints())
          .isNotZero();
      killer.join();
    }

    String complaints() {
      return err.toString(StandardCharsets.UTF_8);
    }

    private int lastStep() {
      Path checkpoints = out.resolve("checkpoints");
      if (!Files.isDirectory(checkpoints)) {
        return -1;
      }
      try (Stream<Path> folders = Files.list(checkpoints)) {
        return folders
            .map(path -> path.getFileName().toString())
            .filter(name -> name.matches("step-\\d+"))
            .mapToInt(name -> Integer.parseInt(name.substring("step-".length())))
            .max()
            .orElse(-1);
      } catch (IOException e) {
        return -1;
      }
    }

    private static void sleep() {
      try {
        TimeUnit.MILLISECONDS.sleep(5);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
