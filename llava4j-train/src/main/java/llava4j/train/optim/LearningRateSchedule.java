package llava4j.train.optim;

import java.util.Locale;
import llava4j.error.BadInputException;

/// The learning-rate schedule of a run (the schedulers of the same names in Hugging Face
/// transformers; spec 5.8).
public enum LearningRateSchedule {
  COSINE,
  LINEAR,
  CONSTANT,
  CONSTANT_WITH_WARMUP;

  /// Reads `cosine`, `linear`, `constant` or `constant_with_warmup`.
  ///
  /// @throws BadInputException for any other text
  public static LearningRateSchedule parse(String text) {
    for (LearningRateSchedule schedule : values()) {
      if (schedule.name().equalsIgnoreCase(text.strip())) {
        return schedule;
      }
    }
    throw new BadInputException(
        "unknown learning-rate schedule '"
            + text
            + "': use cosine, linear, constant or constant_with_warmup");
  }

  /// Number of warm-up steps: the ratio times all steps, rounded up.
  public static long warmupSteps(double ratio, long totalSteps) {
    return (long) Math.ceil(ratio * totalSteps);
  }

  /// The factor by which the learning rate is multiplied at an optimiser step.
  ///
  /// @param step counted from 0, so warm-up starts with factor 0
  public double factor(long step, long warmupSteps, long totalSteps) {
    if (this == CONSTANT) {
      return 1;
    }
    if (step < warmupSteps) {
      return (double) step / Math.max(1, warmupSteps);
    }
    double rest = Math.max(1, totalSteps - warmupSteps);
    return switch (this) {
      case COSINE -> Math.max(0, 0.5 * (1 + Math.cos(Math.PI * ((step - warmupSteps) / rest))));
      case LINEAR -> Math.max(0, (totalSteps - step) / rest);
      case CONSTANT, CONSTANT_WITH_WARMUP -> 1;
    };
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
