package llava4j.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;

/// What the figures were measured on.
///
/// @param cpu model name of the processor
/// @param cores processors that the JVM may use
record Machine(String cpu, int cores) {

  static Machine here() {
    return new Machine(cpuModel(), Runtime.getRuntime().availableProcessors());
  }

  /// A file name: lower-case words and the number of cores.
  String slug() {
    String words =
        cpu.toLowerCase(Locale.ROOT)
            .replaceAll("\\((r|tm)\\)", " ")
            .replaceAll("[^a-z0-9]+", "-")
            .replaceAll("^-|-$", "");
    return words + "-" + cores + "-cores";
  }

  /// The checked out commit, with `-dirty` where the sources differ from it; `unknown` outside a
  /// repository.
  static String commit() {
    String hash = output("git", "rev-parse", "--short", "HEAD");
    if (hash.isEmpty()) {
      return "unknown";
    }
    return output("git", "status", "--porcelain", "-uno").isEmpty() ? hash : hash + "-dirty";
  }

  private static String cpuModel() {
    Path info = Path.of("/proc/cpuinfo");
    if (Files.isReadable(info)) {
      try (Stream<String> lines = Files.lines(info)) {
        return lines
            .filter(line -> line.startsWith("model name"))
            .map(line -> line.substring(line.indexOf(':') + 1).strip())
            .findFirst()
            .orElse(System.getProperty("os.arch"));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    String brand = output("sysctl", "-n", "machdep.cpu.brand_string");
    return brand.isEmpty() ? System.getProperty("os.arch") : brand;
  }

  private static String output(String... command) {
    try {
      Process process =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return process.waitFor() == 0 ? text.strip() : "";
    } catch (IOException e) {
      return ""; // no such program here
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    }
  }
}
