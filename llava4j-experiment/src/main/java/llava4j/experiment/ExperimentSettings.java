package llava4j.experiment;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.error.BadInputException;
import llava4j.experiment.design.Scale;
import llava4j.tensor.Device;

/// Where and how an experiment is run.
///
/// @param out the workplace, which experiments of one scale on the same data share
/// @param data the folder of the training data; for the small mixture, of the held-out questions
///   too
/// @param benchmarks the folder of the paper's benchmarks
/// @param seeds how many times each arm is trained; the seeds are 1, 2, ...
/// @param options where models of the Hugging Face Hub are found
public record ExperimentSettings(
    Path out,
    Path data,
    Optional<Path> benchmarks,
    int seeds,
    Device device,
    CheckpointOptions options) {
  private static final int MOST_SEEDS = 100;

  public ExperimentSettings {
    if (seeds < 1 || seeds > MOST_SEEDS) {
      throw new BadInputException(
          "the number of seeds is " + seeds + "; it must be from 1 to " + MOST_SEEDS);
    }
  }

  /// The folder of the made-up data, where the scale has no other.
  static Path dataOf(Scale scale, Path out, Path data) {
    return scale == Scale.SMOKE ? out.resolve("smoke") : data;
  }

  /// The seeds.
  public List<Long> all() {
    return LongStream.rangeClosed(1, seeds).boxed().toList();
  }
}
