package llava4j.experiment.work;

import java.util.Objects;

/// How a model was made; in the file that says that it is finished.
///
/// @param description of the model
/// @param stage the preset that its last stage began with; empty if it was not trained
/// @param steps of the last stage
/// @param samples of all steps
/// @param seconds of all steps together, without loading and saving
/// @param loss mean of the last quarter of the steps
public record Made(
    String description, String stage, long steps, long samples, double seconds, double loss) {
  public Made {
    Objects.requireNonNull(description);
    Objects.requireNonNull(stage);
  }

  /// The file's name.
  public static final String FILE = "made.json";

  /// Samples in a second.
  public double rate() {
    return seconds > 0 ? samples / seconds : 0;
  }
}
