package llava4j.tiny.train;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.weights.TensorInfo;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.config.ProjectorConfig;
import llava4j.golden.Golden;
import llava4j.tensor.Device;
import llava4j.train.BaseModel;
import llava4j.train.DryRun;
import llava4j.train.TrainJob;
import llava4j.train.batch.Batch;
import llava4j.train.config.ConfigFile;
import llava4j.train.config.TrainConfig;
import llava4j.train.distributed.SingleProcess;
import llava4j.train.model.Objective;
import llava4j.train.model.ObjectiveFactory;
import llava4j.train.shard.ParameterUnit;
import org.bytedeco.pytorch.Tensor;

/// Stage tower over the goldens' small model, whose batches the test chooses: it stands between the
/// run and its objective.
final class ChosenBatches implements AutoCloseable {
  private static final List<String> SETTINGS =
      List.of(
          "maxLength=512",
          "globalBatch=4",
          "deviceBatch=4",
          "learningRate=1e-3",
          "schedule=CONSTANT");

  private final Checkpoint base;
  private final DryRun dryRun;
  private List<String> trainable;
  private Function<Batch, Batch> choice = UnaryOperator.identity();

  /// @param words changes the embedding table
  ChosenBatches(UnaryOperator<Tensor> words) {
    TrainConfig config = new ConfigFile().with(EarlyStages.tinyTower(), SETTINGS);
    this.base =
        new BaseModel(
                Golden.path("original").toString(),
                Optional.empty(),
                new ProjectorConfig.Mlp(2),
                CheckpointOptions.none())
            .open(config);
    Checkpoint changed =
        new Checkpoint(
            base.name(),
            base.location(),
            base.dialect(),
            base.config(),
            base.imageProcessor(),
            new ChangedWords(base.weights(), words),
            base.tokenizer(),
            base.eosIds(),
            base.addsBos(),
            base.prompts());
    TrainJob job =
        new TrainJob(
            config,
            changed,
            Golden.path("training/stage2_data.json"),
            Golden.path("images"),
            Path.of("target", "chosen-batches"),
            new SingleProcess(),
            new Device.Cpu(),
            Optional.empty(),
            false);
    this.dryRun =
        new DryRun(
            job.withObjective(
                between(EarlyStages.objective(config, job.data(), base.tokenizer()))));
  }

  Checkpoint base() {
    return base;
  }

  /// Names of the units that learn.
  List<String> trainable() {
    return trainable;
  }

  /// A step over what is chosen in place of the run's own batch.
  ///
  /// @return the loss before it
  double step(Function<Batch, Batch> chosen) {
    choice = chosen;
    return dryRun.next().loss();
  }

  private ObjectiveFactory between(ObjectiveFactory own) {
    return (config, llava, device, units, features) -> {
      trainable =
          units.trainable().stream()
              .map(ParameterUnit::layout)
              .map(layout -> layout.name())
              .toList();
      Objective objective = own.of(config, llava, device, units, features);
      return new Objective() {
        @Override
        public Planned plan(Batch batch) {
          return objective.plan(choice.apply(batch));
        }

        @Override
        public double forwardBackward(Planned planned, double scale, long seed) {
          return objective.forwardBackward(planned, scale, seed);
        }
      };
    };
  }

  /// Closed with the base.
  private record ChangedWords(WeightSource own, UnaryOperator<Tensor> change)
      implements WeightSource {
    @Override
    public SequencedMap<String, TensorInfo> tensors() {
      return own.tensors();
    }

    @Override
    public Tensor load(String name) {
      Tensor given = own.load(name);
      return name.endsWith("embed_tokens.weight") ? change.apply(given) : given;
    }

    @Override
    public void close() {}
  }

  @Override
  public void close() {
    dryRun.close();
    base.close();
  }
}
