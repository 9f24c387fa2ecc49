package llava4j.train.report;

import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import llava4j.train.RunPlan;
import llava4j.train.StepReport;
import llava4j.train.TrainingListener;

/// Shows the progress of a run in one line: updated in place on a terminal, printed every ten
/// seconds elsewhere.
public final class ProgressLine implements TrainingListener {
  private static final Duration PAUSE = Duration.ofSeconds(10);
  private static final int AVERAGED = 20;

  private final PrintStream out;
  private final boolean terminal;
  private final InstantSource clock;
  private final Deque<Double> seconds = new ArrayDeque<>();
  private Instant printed = Instant.EPOCH;
  private double peakFlops;
  private int width;

  public ProgressLine(PrintStream out, boolean terminal, InstantSource clock) {
    this.out = out;
    this.terminal = terminal;
    this.clock = clock;
  }

  @Override
  public void onStart(RunPlan plan) {
    peakFlops = plan.peakFlops();
    onNote(
        String.format(
            Locale.ROOT,
            "%s: steps %d to %d, %d samples each, %,d trainable parameters",
            plan.name(),
            plan.firstStep() + 1,
            plan.totalSteps(),
            plan.globalBatch(),
            plan.trainable()));
  }

  @Override
  public void onStep(StepReport report) {
    seconds.addLast(report.seconds());
    if (seconds.size() > AVERAGED) {
      seconds.removeFirst();
    }
    boolean last = report.step() == report.totalSteps();
    if (!terminal && !last && clock.instant().isBefore(printed.plus(PAUSE))) {
      return;
    }
    printed = clock.instant();
    String line = line(report);
    if (terminal) {
      out.print("\r" + line + " ".repeat(Math.max(0, width - line.length())));
      width = line.length();
      out.flush();
    } else {
      out.println(line);
    }
  }

  @Override
  public void onCheckpoint(Path folder, long step) {
    if (step > 0) {
      onNote("checkpoint " + folder);
    }
  }

  @Override
  public void onNote(String sentence) {
    if (width > 0) {
      out.println();
      width = 0;
    }
    out.println(sentence);
  }

  @Override
  public void onEnd(boolean finished) {
    if (width > 0) {
      out.println();
      width = 0;
    }
  }

  private String line(StepReport report) {
    return String.format(
        Locale.ROOT,
        "step %d/%d (%.1f %%)  loss %.4f  lr %.1e  grad %.2f  %s samples/s  %s tokens/s%s  ETA %s",
        report.step(),
        report.totalSteps(),
        100.0 * report.step() / report.totalSteps(),
        report.loss(),
        report.learningRate(),
        report.gradNorm(),
        rate(report.samplesPerSecond()),
        rate(report.tokensPerSecond()),
        peakFlops > 0
            ? String.format(Locale.ROOT, "  MFU %.0f %%", 100 * report.utilisation(peakFlops))
            : "",
        eta(report));
  }

  private String eta(StepReport report) {
    double mean = seconds.stream().mapToDouble(Double::doubleValue).average().orElse(0);
    long left = Math.round(mean * (report.totalSteps() - report.step()));
    return String.format(Locale.ROOT, "%d:%02d:%02d", left / 3600, left / 60 % 60, left % 60);
  }

  private static String rate(double value) {
    return value >= 1000
        ? String.format(Locale.ROOT, "%.1fk", value / 1000)
        : String.format(Locale.ROOT, "%.1f", value);
  }
}
