package llava4j.cli;

import java.io.Console;
import java.nio.file.Path;
import llava4j.train.StepReport;
import llava4j.train.TrainingListener;

/// What `llava train` shows and writes while it runs.
final class TrainReports {
  /// Tells a process that its output ends on a terminal although it is a pipe.
  static final String TERMINAL = "LLAVA_TERMINAL";

  private TrainReports() {}

  static TrainingListener of(Path out, boolean dryRun) {
    return new TrainingListener() {
      @Override
      public void onNote(String sentence) {
        System.err.println(sentence);
      }

      @Override
      public void onStep(StepReport report) {
        System.err.println(report);
      }
    };
  }

  @SuppressWarnings("SystemConsoleNull") // JDK 25 gives null again where there is no terminal
  static boolean onTerminal() {
    String told = System.getenv(TERMINAL);
    if (told != null) {
      return Boolean.parseBoolean(told);
    }
    Console console = System.console();
    return console != null && console.isTerminal();
  }
}
