package llava4j.train.model;

import llava4j.config.LlavaConfig;
import llava4j.tensor.Device;
import llava4j.train.config.TrainConfig;

/// Makes what a run minimises, over the run's parts: the one place where a stage has something of
/// its own. [TrainingModel#of] is that of the paper's stages.
@FunctionalInterface
public interface ObjectiveFactory {

  /// Makes it, once a run.
  ///
  /// @param llava the model's own numbers
  /// @param units all parameters; closed by the run
  /// @param features the vision tower, frozen or learning
  Objective of(
      TrainConfig config,
      LlavaConfig llava,
      Device device,
      ModelUnits units,
      VisionFeatures features);
}
