package llava4j.cli.experiment;

import java.io.Console;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import llava4j.experiment.ExperimentListener;
import llava4j.experiment.design.Model;
import llava4j.experiment.ledger.Entry;
import llava4j.train.StepReport;

/// Shows the progress of an experiment: one line that is updated in place on a terminal, a line
/// every twenty seconds elsewhere.
final class ExperimentProgress implements ExperimentListener {
  private static final Duration PAUSE = Duration.ofSeconds(20);
  private static final int SECONDS_OF_A_MINUTE = 60;

  private final PrintStream out;
  private final boolean terminal;
  private final InstantSource clock;
  private Instant printed = Instant.EPOCH;
  private String arm = "";
  private String stage = "";
  private double armSeconds; // of training steps since the stage began
  private long armSteps;
  private int width;

  ExperimentProgress(PrintStream out, boolean terminal, InstantSource clock) {
    this.out = out;
    this.terminal = terminal;
    this.clock = clock;
  }

  @SuppressWarnings("SystemConsoleNull") // since JDK 25 null again if there is no terminal
  static ExperimentProgress onStandardError() {
    Console console = System.console();
    return new ExperimentProgress(
        System.err, console != null && console.isTerminal(), InstantSource.system());
  }

  @Override
  public void onArm(String name, long seed, int number, int all, double secondsLeft) {
    arm = name;
    line(
        String.format(
            Locale.ROOT,
            "run %d of %d: \"%s\", seed %d; about %s left altogether",
            number,
            all,
            name,
            seed,
            time(secondsLeft)));
  }

  @Override
  public void onStage(Model.Trained trained) {
    stage = trained.config().preset();
    armSeconds = 0;
    armSteps = 0;
  }

  @Override
  public void onStep(StepReport report) {
    armSeconds += report.seconds();
    armSteps++;
    double left = armSeconds / armSteps * (report.totalSteps() - report.step());
    update(
        String.format(
            Locale.ROOT,
            "\"%s\": %s, step %d/%d, loss %.3f, %.1f samples/s, %s left of this stage",
            arm,
            stage,
            report.step(),
            report.totalSteps(),
            report.loss(),
            report.samplesPerSecond(),
            time(left)),
        report.step() == report.totalSteps());
  }

  @Override
  public void onAnswers(int done, int total) {
    update(String.format(Locale.ROOT, "\"%s\": question %d/%d", arm, done, total), done == total);
  }

  @Override
  public void onFinished(Entry entry) {
    StringBuilder figures = new StringBuilder();
    entry
        .figures()
        .forEach((measure, figure) ->
            figures.append(
                String.format(Locale.ROOT, ", %s %.2f", measure.title(), figure.value())));
    line("finished \"" + entry.arm() + "\", seed " + entry.seed() + figures);
  }

  @Override
  public void onNote(String sentence) {
    line(sentence);
  }

  private void update(String text, boolean last) {
    if (terminal) {
      out.print("\r" + text + " ".repeat(Math.max(0, width - text.length())));
      width = text.length();
      out.flush();
    } else if (last || !clock.instant().isBefore(printed.plus(PAUSE))) {
      printed = clock.instant();
      out.println(text);
    }
  }

  private void line(String text) {
    if (width > 0) {
      out.println();
      width = 0;
    }
    out.println(text);
  }

  private static String time(double seconds) {
    long all = Math.round(seconds);
    return String.format(
        Locale.ROOT,
        "%d:%02d:%02d",
        all / 3600,
        all / SECONDS_OF_A_MINUTE % SECONDS_OF_A_MINUTE,
        all % SECONDS_OF_A_MINUTE);
  }
}
