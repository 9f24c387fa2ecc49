package llava4j.cli.train;

import java.io.Console;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import llava4j.train.TrainingListener;
import llava4j.train.report.JsonlLog;
import llava4j.train.report.Listeners;
import llava4j.train.report.LossCurve;
import llava4j.train.report.ProgressLine;
import llava4j.train.report.TensorBoardLog;

/// The progress reports and logs of `llava train`.
final class TrainReports {
  /// Tells a process that its output ends on a terminal, although it writes to a pipe.
  static final String TERMINAL = "LLAVA_TERMINAL";

  private TrainReports() {}

  static TrainingListener of(Path out, boolean dryRun) {
    InstantSource clock = InstantSource.system();
    List<TrainingListener> listeners = new ArrayList<>();
    listeners.add(new ProgressLine(System.err, onTerminal(), clock));
    if (!dryRun) {
      listeners.add(new JsonlLog(out, clock));
      listeners.add(new TensorBoardLog(out, clock));
      listeners.add(new LossCurve(out));
    }
    return new Listeners(listeners, System.err);
  }

  @SuppressWarnings("SystemConsoleNull") // since JDK 25 null again if there is no terminal
  static boolean onTerminal() {
    String told = System.getenv(TERMINAL);
    if (told != null) {
      return Boolean.parseBoolean(told);
    }
    Console console = System.console();
    return console != null && console.isTerminal();
  }
}
