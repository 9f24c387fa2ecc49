package llava4j.benchmarks;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import llava4j.train.distributed.LocalLauncher;

/// What processes of a benchmark print.
final class ProcessOutput {
  private ProcessOutput() {}

  /// Starts processes that find each other, waits for them, and gives the first line that begins
  /// with a mark.
  ///
  /// @throws Benchmark.WrongAnswerException if one of them fails
  static String line(Class<?> main, String mark, int processes, String... arguments) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ByteArrayOutputStream complaints = new ByteArrayOutputStream();
    LocalLauncher launcher =
        new LocalLauncher(
            main.getName(),
            List.of(arguments),
            new PrintStream(bytes, true, StandardCharsets.UTF_8),
            new PrintStream(complaints, true, StandardCharsets.UTF_8));
    try {
      int code = launcher.run(processes, Map.of());
      if (code != 0) {
        throw new Benchmark.WrongAnswerException(
            "the processes ended with "
                + code
                + ": "
                + complaints.toString(StandardCharsets.UTF_8));
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return bytes
        .toString(StandardCharsets.UTF_8)
        .lines()
        .filter(text -> text.startsWith(mark))
        .findFirst()
        .orElseThrow();
  }
}
