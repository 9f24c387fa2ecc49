package llava4j.train.optim;

import java.util.Locale;
import llava4j.error.BadInputException;

/// How the learning rate goes over a run (Hugging Face's schedulers of the same names; spec 5.8).
public enum LearningRateSchedule {
  COSINE,
  LINEAR,
  CONSTANT,
  CONSTANT_WITH_WARMUP;

  /// Reads `cosine`, `linear`, `constant` or `constant_with_warmup`.
  public static LearningRateSchedule parse(String text) {
    for (LearningRateSchedule schedule : values()) {
      if (schedule.name().equalsIgnoreCase(text.strip())) {
        return schedule;
      }
    }
    throw new BadInputException(
        "unknown schedule '" + text + "': use cosine, linear, constant or constant_with_warmup");
  }

  /// Steps of warm-up: the ratio of all steps, rounded up.
  public static long warmupSteps(double ratio, long totalSteps) {
    return (long) Math.ceil(ratio * totalSteps);
  }

  /// The factor of the base learning rate at an optimiser step.
  ///
  /// @param step counted from 0, so that a warm-up begins with 0
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
