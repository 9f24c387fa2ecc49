package llava4j.train.report;

import java.nio.file.Path;
import llava4j.train.RunPlan;
import llava4j.train.StepReport;

/// Step reports and a plan of a fictitious run.
final class StepReports {
  private StepReports() {}

  static RunPlan plan(Path out, long firstStep, long totalSteps) {
    return new RunPlan("tinyLora", out, firstStep, totalSteps, 16, 1_234_567, 1e12);
  }

  /// 16 samples and 4000 tokens in two seconds, at half of a peak of 1e12 FLOP/s; the loss
  /// decreases.
  static StepReport report(long step, long totalSteps) {
    return report(step, totalSteps, 8.0 / step, 2);
  }

  static StepReport report(long step, long totalSteps, double loss, double seconds) {
    return new StepReport(
        step,
        totalSteps,
        loss,
        0.25 * step,
        1e-4 * step,
        1e-5 * step,
        16,
        4000,
        1500,
        seconds,
        1e12,
        3L << 20);
  }
}
