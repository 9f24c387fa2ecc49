package llava4j.train;

import java.nio.file.Path;
import java.util.Optional;
import llava4j.checkpoint.Checkpoint;
import llava4j.error.BadInputException;
import llava4j.tensor.Device;
import llava4j.train.config.TrainConfig;
import llava4j.train.distributed.ProcessGroup;

/// One run, as the command line or a program asks for it.
///
/// @param base the model it begins with; closed by whoever opened it
/// @param data samples, JSON or JSONL
/// @param images folder that the samples' images lie in
/// @param out folder of everything the run writes; an unfinished run in it goes on
/// @param featureCache folder for the frozen tower's output
/// @param force go on although data or settings differ from the checkpoint's
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
