package llava4j.train;

import java.nio.file.Path;
import java.util.Optional;
import llava4j.checkpoint.Checkpoint;
import llava4j.error.BadInputException;
import llava4j.tensor.Device;
import llava4j.train.config.TrainConfig;
import llava4j.train.distributed.ProcessGroup;

/// The description of one run, as the command line or a program requests it.
///
/// @param base the model to start from; whoever opened it closes it
/// @param data file of samples, JSON or JSONL
/// @param images folder that the samples' image paths are relative to
/// @param out output folder; an unfinished run in it is resumed
/// @param featureCache folder in which the outputs of the frozen vision tower are cached
/// @param force resume although data or settings differ from those of the checkpoint
public record TrainJob(
    TrainConfig config,
    Checkpoint base,
    Path data,
    Path images,
    Path out,
    ProcessGroup group,
    Device device,
    Optional<Path> featureCache,
    boolean force) {

  public TrainJob {
    if (featureCache.isPresent() && config.parts().visionTower()) {
      throw new BadInputException(
          "the run trains the vision tower, whose output changes with every step; leave out"
              + " --feature-cache "
              + featureCache.get());
    }
  }
}
