package llava4j.cli.terminal;

import java.io.Console;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/// A progress bar on standard error with speed and remaining time, shown only on a terminal.
public final class Progress implements AutoCloseable {
  private static final long MEBIBYTE = 1L << 20;

  private final ProgressBar bar;

  private Progress(ProgressBar bar) {
    this.bar = bar;
  }

  /// A bar that counts bytes.
  public static Progress bytes(String task) {
    return of(task, " MiB", MEBIBYTE);
  }

  /// A bar that counts things, such as samples.
  public static Progress count(String task, String things) {
    return of(task, " " + things, 1);
  }

  @SuppressWarnings("SystemConsoleNull") // since JDK 25 null again if there is no terminal
  private static Progress of(String task, String unit, long size) {
    Console console = System.console();
    if (console == null || !console.isTerminal()) {
      return new Progress(null);
    }
    return new Progress(
        new ProgressBarBuilder()
            .setTaskName(task)
            .setStyle(ProgressBarStyle.ASCII)
            .setUnit(unit, size)
            .setInitialMax(1)
            .showSpeed()
            .clearDisplayOnFinish()
            .setUpdateIntervalMillis(100)
            .setConsumer(new ConsoleProgressBarConsumer(System.err))
            .build());
  }

  public void update(long done, long total) {
    if (bar != null) {
      bar.maxHint(total);
      bar.stepTo(done);
    }
  }

  /// Shows what is being done right now, after the bar.
  public void say(String message) {
    if (bar != null) {
      bar.setExtraMessage(" " + message);
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
