package llava4j.train;

import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import llava4j.checkpoint.Checkpoint;
import llava4j.config.LlavaConfig;
import llava4j.io.CloseAll;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.NativeRuntime;
import llava4j.train.config.TrainConfig;
import llava4j.train.config.TrainableParts;
import llava4j.train.distributed.ProcessGroup;
import llava4j.train.model.InitialWeights;
import llava4j.train.model.ModelUnits;
import llava4j.train.model.Objective;
import llava4j.train.model.ObjectiveFactory;
import llava4j.train.model.QuantizedBase;
import llava4j.train.model.VisionFeatures;
import llava4j.train.shard.ParameterUnit;
import llava4j.train.vision.FeatureCache;
import llava4j.train.vision.FrozenTower;
import llava4j.train.vision.TrainedTower;
import org.bytedeco.pytorch.Tensor;

/// The objects of one run, created and wired together: parameter units, the training objective over
/// them and the learner.
final class Assembly implements AutoCloseable {
  private final QuantizedBase quantized;
  private final ModelUnits units;
  private final Learner learner;
  private final Objective objective;
  private final AutoCloseable tower;

  /// Where a run executes.
  ///
  /// @param featureCache folder in which the outputs of the frozen vision tower are cached
  record Resources(ProcessGroup group, Device device, Optional<Path> featureCache) {}

  /// Builds the parts of a job with its initial weights. The caller closes the result.
  static Assembly of(TrainJob job, long totalSteps) {
    InitialWeights initial =
        new InitialWeights(
            job.base().config(),
            job.base().weights(),
            job.config().lora(),
            job.config().execution().seed());
    return new Assembly(
        job.config(),
        job.base(),
        new Resources(job.group(), job.device(), job.featureCache()),
        totalSteps,
        initial,
        job.objective());
  }

  /// @param base its weights must stay open as long as this object is in use
  /// @param initial see [InitialWeights]
  /// @param objective makes the objective of the run
  Assembly(
      TrainConfig config,
      Checkpoint base,
      Resources resources,
      long totalSteps,
      Function<String, Tensor> initial,
      ObjectiveFactory objective) {
    LlavaConfig llava = base.config();
    Device device = resources.device();
    DType type = config.execution().precision().type();
    TrainableParts parts = config.parts();
    NativeRuntime.useAllThreadPools();
    this.quantized =
        config.quantizeBase() ? new QuantizedBase(llava, device, initial) : new QuantizedBase();
    this.units =
        new ModelUnits(
            llava,
            parts,
            new ParameterUnit.Placement(
                config.execution().zero(),
                resources.group(),
                device,
                type,
                config.execution().exchange()),
            initial,
            quantized.layers());
    VisionFeatures features;
    if (parts.visionTower()) {
      features = new TrainedTower(llava.vision(), device, type);
      this.tower = () -> {};
    } else {
      FrozenTower frozen = new FrozenTower(llava.vision(), base.inferenceWeights(), device, type);
      features =
          resources
              .featureCache()
              .<VisionFeatures>map(
                  folder -> FeatureCache.forTowerOf(folder, base, device, type, frozen))
              .orElse(frozen);
      this.tower = frozen;
    }
    try {
      this.objective = objective.of(config, llava, device, units, features);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
    this.learner =
        new Learner(config, this.objective, units, resources.group(), device, totalSteps);
  }

  ModelUnits units() {
    return units;
  }

  QuantizedBase quantized() {
    return quantized;
  }

  Learner learner() {
    return learner;
  }

  Objective objective() {
    return objective;
  }

  @Override
  public void close() {
    CloseAll.of(units, quantized, tower);
  }
}
