package llava4j.train;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import llava4j.checkpoint.Checkpoint;
import llava4j.data.SampleFile;
import llava4j.golden.Golden;
import llava4j.tensor.Device;
import llava4j.text.tokenizer.Tokenizer;
import llava4j.train.batch.Batch;
import llava4j.train.batch.BatchPrefetcher;
import llava4j.train.batch.StepLayout;
import llava4j.train.config.ConfigFile;
import llava4j.train.config.Presets;
import llava4j.train.config.TrainConfig;
import llava4j.train.distributed.ProcessGroup;
import llava4j.train.distributed.SingleProcess;
import llava4j.train.model.InitialWeights;
import llava4j.train.model.ObjectiveFactory;
import llava4j.train.model.TrainingModel;
import org.bytedeco.pytorch.Tensor;

/// A run of a preset with the small model and the samples of the golden files, with access to its
/// parts.
final class TinyRun implements AutoCloseable {
  private static final int STEPS = 1000;

  private final ProcessGroup group = new SingleProcess();
  private final TrainConfig config;
  private final Checkpoint base;
  private final ObjectiveFactory objective;

  TinyRun(String preset, String... overrides) {
    this(
        new ConfigFile().with(Presets.named(preset), lastOfEach(overrides)),
        _ -> TrainingModel::of);
  }

  /// Tests give their own values behind common ones.
  private static List<String> lastOfEach(String... overrides) {
    Map<String, String> last = new LinkedHashMap<>();
    for (String override : overrides) {
      last.put(override.substring(0, override.indexOf('=')), override);
    }
    return List.copyOf(last.values());
  }

  /// A run with another objective, which may depend on the job.
  TinyRun(TrainConfig config, Function<TrainJob, ObjectiveFactory> objective) {
    this.config = config;
    this.base = TrainingProcess.base(config);
    this.objective = objective.apply(job(Path.of("target", "first-step")));
  }

  TrainConfig config() {
    return config;
  }

  Checkpoint base() {
    return base;
  }

  TrainJob job(Path out) {
    return TrainingProcess.job(config, base, out, group);
  }

  TrainJob job(Path out, Path data) {
    return new TrainJob(
        config,
        base,
        data,
        Golden.path("images"),
        out,
        group,
        new Device.Cpu(),
        Optional.empty(),
        false);
  }

  /// The first micro-batches of the run.
  List<Batch> firstStep() {
    TrainJob job = job(Path.of("target", "first-step"));
    try (SampleFile samples = SampleFile.open(job.data());
        Tokenizer tokenizer = base.tokenizer().get()) {
      StepLayout layout =
          new StepLayout(
              samples.size(), config.batching().globalBatch(), config.batching().deviceBatch(), 1);
      try (BatchPrefetcher batches = new RunBatches(job, samples, layout, tokenizer).from(0)) {
        return batches.next();
      }
    }
  }

  /// The initial weights.
  Function<String, Tensor> initial() {
    return new InitialWeights(
        base.config(), base.weights(), config.lora(), config.execution().seed());
  }

  Assembly assemble() {
    return assemble(UnaryOperator.identity(), Optional.empty());
  }

  /// @param change of the initial weights
  Assembly assemble(UnaryOperator<Function<String, Tensor>> change, Optional<Path> featureCache) {
    return new Assembly(
        config,
        base,
        new Assembly.Resources(group, new Device.Cpu(), featureCache),
        STEPS,
        change.apply(initial()),
        objective);
  }

  @Override
  public void close() {
    base.close();
  }
}
