package llava4j.train;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.config.ProjectorConfig;
import llava4j.golden.Golden;
import llava4j.tensor.Device;
import llava4j.tensor.NativeRuntime;
import llava4j.text.template.ConversationTemplate;
import llava4j.train.config.ConfigFile;
import llava4j.train.config.Presets;
import llava4j.train.config.TrainConfig;
import llava4j.train.distributed.ConnectedProcesses;
import llava4j.train.distributed.LaunchEnvironment;
import llava4j.train.distributed.ProcessGroup;

/// A whole run in a separate process, so that a test can kill it.
final class TrainingProcess {
  private TrainingProcess() {}

  /// @param arguments preset, output folder, overrides
  public static void main(String[] arguments) {
    System.setProperty("llava4j.golden", System.getenv(GoldenProcess.ROOT));
    NativeRuntime.prepare();
    TrainConfig config =
        new ConfigFile()
            .with(Presets.named(arguments[0]), List.of(arguments).subList(2, arguments.length));
    LaunchEnvironment environment = LaunchEnvironment.of(System.getenv());
    try (ProcessGroup group =
            ConnectedProcesses.join(
                environment,
                new Device.Cpu(),
                Duration.ofMinutes(2),
                reason -> System.err.println(reason));
        Checkpoint base = base(config)) {
      TrainJob job = job(config, base, Path.of(arguments[1]), group);
      new Trainer(job, new TrainingListener() {}, () -> false).run();
    }
  }

  static Checkpoint base(TrainConfig config) {
    return new BaseModel(
            Golden.path("original").toString(),
            Optional.empty(),
            new ProjectorConfig.Mlp(2),
            CheckpointOptions.none())
        .open(config);
  }

  static TrainJob job(TrainConfig config, Checkpoint base, Path out, ProcessGroup group) {
    return new TrainJob(
        config,
        base,
        Golden.path(
            config.data().template() == ConversationTemplate.PLAIN
                ? "training/stage1_data.json"
                : "training/stage2_data.json"),
        Golden.path("images"),
        out,
        group,
        new Device.Cpu(),
        Optional.empty(),
        false);
  }
}
