package llava4j.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/// The resident memory of this process on Linux: its own pages and those of mapped files.
final class ResidentMemory {
  private ResidentMemory() {}

  /// Current bytes.
  static long now() {
    return status("VmRSS:");
  }

  /// Peak bytes since the last [#resetPeak].
  static long peak() {
    return status("VmHWM:");
  }

  /// Resets the peak to the current value.
  static void resetPeak() {
    try {
      Files.writeString(Path.of("/proc/self/clear_refs"), "5");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long status(String field) {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
      String line = lines.filter(text -> text.startsWith(field)).findFirst().orElseThrow();
      return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
