package llava4j.train;

import java.nio.file.Path;
import java.util.Optional;
import llava4j.checkpoint.Checkpoint;
import llava4j.error.BadInputException;
import llava4j.tensor.Device;
import llava4j.train.config.TrainConfig;
import llava4j.train.distributed.ProcessGroup;
import llava4j.train.model.ObjectiveFactory;
import llava4j.train.model.TrainingModel;

/// The description of one run, as the command line or a program requests it.
///
/// @param base the model to start from; whoever opened it closes it
/// @param data file of samples, JSON or JSONL
/// @param images folder that the samples' image paths are relative to
/// @param out output folder; an unfinished run in it is resumed
/// @param featureCache folder in which the outputs of the frozen vision tower are cached
/// @param force resume although data or settings differ from those of the checkpoint
/// @param objective makes the objective of the run
public record TrainJob(
    TrainConfig config,
    Checkpoint base,
    Path data,
    Path images,
    Path out,
    ProcessGroup group,
    Device device,
    Optional<Path> featureCache,
    boolean force,
    ObjectiveFactory objective) {

  public TrainJob {
    if (featureCache.isPresent() && config.parts().visionTower()) {
      throw new BadInputException(
          "the run trains the vision tower, whose output changes with every step; leave out"
              + " --feature-cache "
              + featureCache.get());
    }
  }

  /// A run of the paper's stages, whose language model answers.
  public TrainJob(
      TrainConfig config,
      Checkpoint base,
      Path data,
      Path images,
      Path out,
      ProcessGroup group,
      Device device,
      Optional<Path> featureCache,
      boolean force) {
    this(config, base, data, images, out, group, device, featureCache, force, TrainingModel::of);
  }

  /// The same run, minimising something else.
  public TrainJob withObjective(ObjectiveFactory objective) {
    return new TrainJob(
        config, base, data, images, out, group, device, featureCache, force, objective);
  }
}
