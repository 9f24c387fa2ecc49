package llava4j.cli.ask;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import llava4j.ChatResponse;
import llava4j.model.load.MemoryPlan;
import llava4j.tensor.NativeRuntime;

/// Prints the statistics of one answer, for `--verbose` and `/stats`.
final class Statistics {
  private Statistics() {}

  static void print(PrintWriter err, ChatResponse response, long loadNanos) {
    if (loadNanos > 0) {
      err.printf(Locale.ROOT, "load              %9.2f s%n", loadNanos / 1e9);
    }
    err.printf(
        Locale.ROOT, "image encoding    %9.2f s%n", seconds(response.timing().imageEncoding()));
    err.printf(Locale.ROOT, "first token       %9.2f s%n", seconds(response.timing().firstToken()));
    err.printf(
        Locale.ROOT,
        "prompt            %9d tokens (%d of images, %d from the KV cache)%n",
        response.promptTokens(),
        response.imageTokens(),
        response.cachedTokens());
    err.printf(
        Locale.ROOT,
        "answer            %9d tokens, %.1f tokens/s%n",
        response.answerTokens(),
        response.tokensPerSecond());
    err.printf(
        Locale.ROOT,
        "finish            %9s%n",
        response.answers().getFirst().finishReason().name().toLowerCase(Locale.ROOT));
    err.printf(Locale.ROOT, "peak memory       %9s%n", peakMemory());
    err.printf(Locale.ROOT, "threads           %9s%n", NativeRuntime.chosenThreads());
    err.flush();
  }

  /// The largest resident memory of this process, including mapped files.
  private static String peakMemory() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
        if (line.startsWith("VmHWM:")) {
          return MemoryPlan.gigabytes(Long.parseLong(line.replaceAll("\\D", "")) * 1024);
        }
      }
    } catch (IOException e) {
      return "unknown on this system";
    }
    return "unknown on this system";
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }
}
