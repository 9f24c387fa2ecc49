package llava4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.open.CheckpointOpener;
import llava4j.checkpoint.torch.TorchZipWriter;
import llava4j.checkpoint.weights.TensorInfo;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.checkpoint.weights.WriteListener;
import llava4j.config.LlavaConfig;
import llava4j.config.ProjectorConfig;
import llava4j.error.BadInputException;
import llava4j.golden.Golden;
import llava4j.tensor.DType;
import llava4j.train.config.ConfigFile;
import llava4j.train.config.Presets;
import llava4j.train.config.TrainConfig;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whole runs: stop, resume and error messages.
class TrainerTest {
  private static final String[] RUN = {
    "globalBatch=8", "deviceBatch=4", "maxLength=256", "maxSteps=4", "saveEvery=1"
  };

  @TempDir Path folder;

  @Test
  void stoppedRunWritesACheckpointAndGoesOnToTheSameBits() throws IOException {
    Path whole = folder.resolve("whole");
    Path stopped = folder.resolve("stopped");
    try (TinyRun run = run("tinyLora")) {
      new Trainer(run.job(whole), new TrainingListener() {}, () -> false).run();
      AtomicInteger steps = new AtomicInteger();
      Trainer.Result first =
          new Trainer(run.job(stopped), counting(steps), () -> steps.get() >= 1).run();
      assertThat(first.finished()).isFalse();
      assertThat(first.steps()).isEqualTo(2);
      assertThat(first.results()).isEmpty();
      assertThat(stopped.resolve("checkpoints/step-00000002")).isDirectory();
      Trainer.Result second =
          new Trainer(run.job(stopped), new TrainingListener() {}, () -> false).run();
      assertThat(second.finished()).isTrue();
    }
    String file = "adapter_model.safetensors";
    assertThat(Files.mismatch(whole.resolve(file), stopped.resolve(file))).isEqualTo(-1);
  }

  @Test
  void moreStepsThanTheDataHaveWalkThemAgainInANewOrderAndResumeInIt() throws IOException {
    String[] overrides = {"globalBatch=32", "deviceBatch=16", "maxSteps=3", "order=SHUFFLED"};
    Path whole = folder.resolve("whole");
    Path stopped = folder.resolve("stopped");
    try (TinyRun run = run("tinyPretrain", overrides)) {
      assertThat(run.config().batching().epochs()).isEqualTo(1);
      Trainer.Result all =
          new Trainer(run.job(whole), new TrainingListener() {}, () -> false).run();
      assertThat(all.finished()).isTrue();
      assertThat(all.steps()).as("two steps are an epoch").isEqualTo(3);
      AtomicInteger steps = new AtomicInteger();
      new Trainer(run.job(stopped), counting(steps), () -> steps.get() >= 1).run();
      assertThat(new Trainer(run.job(stopped), new TrainingListener() {}, () -> false).run())
          .isEqualTo(new Trainer.Result(true, 3, List.of(stopped.resolve("mm_projector.bin"))));
    }
    String file = "mm_projector.bin";
    assertThat(Files.mismatch(whole.resolve(file), stopped.resolve(file))).isEqualTo(-1);
  }

  @Test
  void aRunThatIsAllWarmUpSaysSoBeforeItBegins() {
    assertThat(notesOfDryRun("maxSteps=1"))
        .anyMatch(note ->
            note.startsWith("warning: the only step")
                && note.contains("learning rate 0")
                && note.contains("warmupRatio=0"));
    assertThat(notesOfDryRun("maxSteps=3", "warmupRatio=0.9"))
        .anyMatch(note -> note.startsWith("warning: all 3 steps of this run are warm-up"));
    assertThat(notesOfDryRun("maxSteps=2")).noneMatch(note -> note.startsWith("warning"));
    assertThat(notesOfDryRun("maxSteps=1", "warmupRatio=0"))
        .noneMatch(note -> note.startsWith("warning"));
    assertThat(notesOfDryRun("maxSteps=1", "schedule=CONSTANT"))
        .noneMatch(note -> note.startsWith("warning"));
  }

  @Test
  void aSecondRunInTheSameFolderIsRefused() {
    Path out = folder.resolve("one");
    List<Throwable> refusals = new ArrayList<>();
    try (TinyRun run = run("tinyLora", "maxSteps=2");
        TinyRun other = run("tinyLora", "maxSteps=2")) {
      TrainingListener meddler =
          new TrainingListener() {
            @Override
            public void onStep(StepReport report) {
              Trainer second = new Trainer(other.job(out), new TrainingListener() {}, () -> false);
              refusals.add(org.assertj.core.api.Assertions.catchThrowable(second::run));
            }
          };
      assertThat(new Trainer(run.job(out), meddler, () -> false).run().finished()).isTrue();
      assertThat(refusals).hasSize(2);
      assertThat(refusals)
          .allSatisfy(refusal ->
              assertThat(refusal)
                  .isInstanceOf(BadInputException.class)
                  .hasMessageContaining(out + " is in use by another run"));
      assertThat(new Trainer(other.job(out), new TrainingListener() {}, () -> false).run().steps())
          .as("afterwards the folder is free")
          .isEqualTo(2);
    }
  }

  @Test
  void brokenLossNamesStepSamplesAndTheLastGoodCheckpoint() {
    Path out = folder.resolve("nan");
    try (TinyRun run = run("tinyFinetune", "learningRate=1e38", "warmupRatio=0")) {
      Trainer trainer = new Trainer(run.job(out), new TrainingListener() {}, () -> false);
      assertThatThrownBy(trainer::run)
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("after step 1")
          .hasMessageContaining("last good checkpoint: ")
          .hasMessageContaining("step-00000000");
    }
    try (TinyRun run = run("tinyFinetune", "learningRate=1e38", "warmupRatio=0", "saveEvery=9")) {
      Trainer trainer = new Trainer(run.job(out), new TrainingListener() {}, () -> false);
      assertThatThrownBy(trainer::run)
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("loss of step 2 is NaN; samples: 2-")
          .hasMessageContaining("step-00000000");
    }
    assertThat(out.resolve("checkpoints/step-00000000/state.json")).isRegularFile();
  }

  @Test
  void otherSettingsOrDataAreListedAndRefusedUnlessForced() throws IOException {
    Path out = folder.resolve("out");
    try (TinyRun run = run("tinyLora", "maxSteps=1")) {
      new Trainer(run.job(out), new TrainingListener() {}, () -> false).run();
    }
    Path data = folder.resolve("data.json");
    Files.writeString(
        data, Files.readString(Golden.path("training/stage2_data.json")).replace("2-01", "2-0x"));
    try (TinyRun run = run("tinyLora", "maxSteps=2", "learningRate=1e-5", "beta2=0.95")) {
      TrainJob job = run.job(out, data);
      assertThatThrownBy(() -> new Trainer(job, new TrainingListener() {}, () -> false).run())
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("learningRate")
          .hasMessageContaining("1.0E-5")
          .hasMessageContaining("beta2")
          .hasMessageContaining("the data file " + data)
          .hasMessageContaining("--force");
      TrainJob forced =
          new TrainJob(
              job.config(),
              job.base(),
              job.data(),
              job.images(),
              job.out(),
              job.group(),
              job.device(),
              job.featureCache(),
              true);
      assertThat(new Trainer(forced, new TrainingListener() {}, () -> false).run().steps())
          .isEqualTo(2);
    }
  }

  @Test
  void connectorOfAnotherWidthIsRefused() {
    LlavaConfig config = goldenConfig();
    long width = config.text().dim();
    long other = width / 2 + 1;
    new TorchZipWriter(Long.MAX_VALUE)
        .write(
            new Ones(
                "model.mm_projector.0.weight", List.of(other, (long) config.vision().dim()),
                "model.mm_projector.0.bias", List.of(other),
                "model.mm_projector.2.weight", List.of(other, other),
                "model.mm_projector.2.bias", List.of(other)),
            folder,
            "mm_projector",
            DType.F32,
            WriteListener.NONE);
    BaseModel base =
        new BaseModel(
            Golden.path("original").toString(),
            Optional.of(folder.resolve("mm_projector.bin")),
            new ProjectorConfig.Mlp(2),
            CheckpointOptions.none());
    TrainConfig run = new ConfigFile().with(Presets.tinyFinetune(), List.of("maxLength=256"));
    assertThatThrownBy(() -> base.open(run))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("mm_projector.bin")
        .hasMessageContaining(String.valueOf(other))
        .hasMessageContaining(String.valueOf(width));
  }

  @Test
  void longerSamplesThanTheModelHasPositionsAreRefused() {
    int positions = goldenConfig().contextLength();
    assertThatThrownBy(() -> run("tinyFinetune", "maxLength=" + 2 * positions))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("maxLength is " + 2 * positions)
        .hasMessageContaining(String.valueOf(positions));
  }

  @Test
  void aStageWhoseObjectiveIsMissingIsRefused() {
    try (TinyRun run = run("tinyPretrain", "stage=TOWER")) {
      assertThatThrownBy(run::assemble)
          .isInstanceOf(BadInputException.class)
          .hasMessageContainingAll("stage tower", "TrainJob.withObjective");
    }
  }

  private static LlavaConfig goldenConfig() {
    try (Checkpoint checkpoint =
        new CheckpointOpener(CheckpointOptions.none()).open(Golden.path("original"))) {
      return checkpoint.config();
    }
  }

  @Test
  void dryRunWritesNothing() {
    List<String> notes = notesOfDryRun();
    assertThat(folder.resolve("dry")).doesNotExist();
    assertThat(notes).anyMatch(note -> note.startsWith("batch 2: 4 samples"));
    assertThat(notes).anyMatch(note -> note.startsWith("the whole run: 4 steps of 8 samples"));
  }

  private List<String> notesOfDryRun(String... overrides) {
    List<String> notes = new ArrayList<>();
    TrainingListener listener =
        new TrainingListener() {
          @Override
          public void onNote(String text) {
            notes.add(text);
          }
        };
    try (TinyRun run = run("tinyFinetune", overrides)) {
      new Trainer(run.job(folder.resolve("dry")), listener, () -> false).dryRun();
    }
    return notes;
  }

  private static TrainingListener counting(AtomicInteger steps) {
    return new TrainingListener() {
      @Override
      public void onStep(StepReport report) {
        steps.incrementAndGet();
      }
    };
  }

  private static TinyRun run(String preset, String... overrides) {
    return new TinyRun(
        preset, Stream.of(RUN, overrides).flatMap(Stream::of).toArray(String[]::new));
  }

  /// Tensors of ones: name, shape, name, shape.
  private static final class Ones implements WeightSource {
    private final SequencedMap<String, TensorInfo> infos = new LinkedHashMap<>();

    @SuppressWarnings("unchecked")
    Ones(Object... namesAndShapes) {
      for (int i = 0; i < namesAndShapes.length; i += 2) {
        String name = (String) namesAndShapes[i];
        List<Long> shape = (List<Long>) namesAndShapes[i + 1];
        long bytes = 4 * shape.stream().reduce(1L, Math::multiplyExact);
        infos.put(name, new TensorInfo(name, DType.F32, "F32", shape, bytes, Path.of("")));
      }
    }

    @Override
    public SequencedMap<String, TensorInfo> tensors() {
      return Collections.unmodifiableSequencedMap(infos);
    }

    @Override
    public Tensor load(String name) {
      return torch.ones(infos.get(name).shape().stream().mapToLong(Long::longValue).toArray());
    }

    @Override
    public void close() {}
  }
}
