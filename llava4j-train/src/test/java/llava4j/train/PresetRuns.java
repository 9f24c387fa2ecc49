package llava4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import llava4j.checkpoint.Checkpoint;
import llava4j.tensor.Device;
import llava4j.tensor.NativeRuntime;
import llava4j.train.config.ConfigFile;
import llava4j.train.config.TrainConfig;
import llava4j.train.distributed.ConnectedProcesses;
import llava4j.train.distributed.LaunchEnvironment;
import llava4j.train.distributed.ProcessGroup;

/// Runs presets on a miniature model, with only the sizes changed: once without interruption, and
/// once with a requested stop, a resume, a kill and another resume.
///
/// @param out folder that receives one folder for each preset
/// @param presets all presets by their names
/// @param completed sets the objective of a job
record PresetRuns(
    MiniatureBase base,
    Path out,
    ProcessGroup group,
    Map<String, Supplier<TrainConfig>> presets,
    UnaryOperator<TrainJob> completed) {
  static final String WHOLE = "whole";
  static final String BROKEN = "broken";

  private static final int STEPS = 3;

  /// One of several processes runs all presets.
  ///
  /// @param arguments base, folder of the results
  static void inThisProcess(
      String[] arguments,
      Map<String, Supplier<TrainConfig>> presets,
      UnaryOperator<TrainJob> completed) {
    System.setProperty("llava4j.golden", System.getenv(GoldenProcess.ROOT));
    NativeRuntime.prepare();
    try (ProcessGroup group =
        ConnectedProcesses.join(
            LaunchEnvironment.of(System.getenv()),
            new Device.Cpu(),
            Duration.ofMinutes(2),
            reason -> System.err.println(reason))) {
      PresetRuns runs =
          new PresetRuns(
              new MiniatureBase(Path.of(arguments[0])),
              Path.of(arguments[1]),
              group,
              presets,
              completed);
      presets.keySet().forEach(runs::run);
    }
  }

  /// The preset with sizes reduced for the miniature; nothing else is changed.
  static TrainConfig cut(TrainConfig preset) {
    return new ConfigFile()
        .with(
            preset,
            List.of("maxLength=160", "globalBatch=4", "deviceBatch=2", "maxSteps=" + STEPS));
  }

  /// Runs one preset and compares the files of the interrupted run with those of the uninterrupted
  /// one.
  void run(String preset) {
    Path whole = out.resolve(preset).resolve(WHOLE);
    Path broken = out.resolve(preset).resolve(BROKEN);
    Trainer.Result result = train(preset, whole, () -> false);
    assertThat(result.finished()).isTrue();
    assertThat(result.steps()).isEqualTo(STEPS);
    Trainer.Result stopped = train(preset, broken, () -> true);
    assertThat(stopped.steps()).isEqualTo(1);
    assertThat(stopped.finished()).isFalse();
    AtomicInteger steps = new AtomicInteger();
    assertThatThrownBy(() -> train(preset, broken, () -> diesBefore(steps.incrementAndGet())))
        .isInstanceOf(Death.class);
    assertThat(train(preset, broken, () -> false).finished()).isTrue();
    if (group.rank() == 0) {
      assertSameFiles(whole, broken);
    }
    group.barrier();
  }

  private Trainer.Result train(String preset, Path to, BooleanSupplier stop) {
    TrainConfig config = cut(presets.get(preset).get());
    try (Checkpoint checkpoint = base.open(config)) {
      TrainJob job = completed.apply(MiniatureBase.job(config, checkpoint, to, group));
      return new Trainer(job, new TrainingListener() {}, stop).run();
    }
  }

  /// The state on disk after a kill: one more step was done, but no checkpoint written.
  private static final class Death extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private static boolean diesBefore(int step) {
    if (step == 2) {
      throw new Death();
    }
    return false;
  }

  /// The results and the last checkpoint; earlier checkpoints are of other steps.
  private static void assertSameFiles(Path whole, Path broken) {
    try (Stream<Path> files = Files.walk(whole)) {
      String last = String.format(Locale.ROOT, "checkpoints/step-%08d", STEPS);
      List<Path> all =
          files
              .filter(Files::isRegularFile)
              .map(whole::relativize)
              .filter(file -> !file.startsWith("checkpoints") || file.startsWith(last))
              .toList();
      assertThat(all).hasSizeGreaterThan(3);
      for (Path file : all) {
        String name = broken.resolve(file) + " against the whole run's";
        if (file.endsWith("config.json")) {
          // names the copied tower by the whole way to it
          assertThat(Files.readString(broken.resolve(file)))
              .as(name)
              .isEqualTo(
                  Files.readString(whole.resolve(file))
                      .replace(whole.toString() + "/", broken.toString() + "/"));
        } else {
          assertThat(Files.mismatch(whole.resolve(file), broken.resolve(file)))
              .as(name)
              .isEqualTo(-1);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
