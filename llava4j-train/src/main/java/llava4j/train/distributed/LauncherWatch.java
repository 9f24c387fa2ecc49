package llava4j.train.distributed;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;

/// Tells a process that [LocalLauncher] started when the launcher has ended without ending it, as
/// after `kill -9`: nobody would stop, restart or watch the process, and it would keep its cores.
public final class LauncherWatch {
  /// The variable that holds the launcher's process id.
  static final String VARIABLE = "LLAVA_LAUNCHER";

  private static final Duration INTERVAL = Duration.ofSeconds(1);

  private LauncherWatch() {}

  /// Watches the launcher of this process from now on; does nothing if another program started it.
  /// When the launcher has ended, writes a sentence to its standard error.
  ///
  /// @param environment the variables of this process
  /// @param onEnd called on another thread after that, with the sentence; it ends this process
  public static void start(Map<String, String> environment, Consumer<String> onEnd) {
    String launcher = environment.get(VARIABLE);
    if (launcher == null || !launcher.matches("\\d{1,18}")) {
      return;
    }
    long expected = Long.parseLong(launcher);
    OutputStream shared = standardErrorOf(expected);
    String sentence =
        "process "
            + environment.get(LaunchEnvironment.RANK)
            + " ends because the process that started it has ended; start the same command again to"
            + " resume from the last checkpoint";
    Thread.ofPlatform()
        .daemon()
        .name("launcher-watch")
        .start(() -> {
          try {
            while (parent() == expected) {
              Thread.sleep(INTERVAL);
            }
            tell(shared, sentence);
            onEnd.accept(sentence);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
  }

  /// The parent's id, which changes when the parent ends, before anybody has asked for its exit
  /// code.
  private static long parent() {
    return ProcessHandle.current().parent().map(ProcessHandle::pid).orElse(0L);
  }

  private static void tell(OutputStream shared, String sentence) {
    try (shared) {
      shared.write(("llava: " + sentence + "\n").getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // the terminal has been closed
    }
  }

  /// Standard error of this process ends in the launcher, which hands it on; this one outlives it.
  /// Only Linux has it.
  private static OutputStream standardErrorOf(long process) {
    Path file = Path.of("/proc", String.valueOf(process), "fd", "2");
    try {
      return Files.exists(file)
          ? new FileOutputStream(file.toFile(), true)
          : OutputStream.nullOutputStream();
    } catch (IOException e) {
      return OutputStream.nullOutputStream(); // of another user
    }
  }
}
