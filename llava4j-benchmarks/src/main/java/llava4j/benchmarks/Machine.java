package llava4j.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.Processor;

/// The machine of a measurement.
///
/// @param cpu model name of the processor
/// @param cores processors that the JVM may use
/// @param flags vector instructions of the processor, under Linux' names
/// @param threads number of threads of every operator
/// @param openBlas variables that change OpenBLAS's own choices; comparisons with it are
///   meaningless then
record Machine(
    String cpu, int cores, List<String> flags, int threads, Map<String, String> openBlas) {

  static Machine here() {
    return new Machine(
        cpuModel(),
        Runtime.getRuntime().availableProcessors(),
        Processor.ofThisMachine().flags(),
        NativeRuntime.chosenThreads().count(),
        openBlas(System.getenv()));
  }

  /// `OPENBLAS_*` except the spin time of idle threads, which we set ourselves.
  static Map<String, String> openBlas(Map<String, String> environment) {
    Map<String, String> found = new TreeMap<>(environment);
    found
        .keySet()
        .removeIf(name -> !name.startsWith("OPENBLAS_") || name.equals("OPENBLAS_THREAD_TIMEOUT"));
    return found;
  }

  @Override
  public String toString() {
    return cpu
        + " ("
        + String.join(" ", flags)
        + "), "
        + cores
        + " cores, "
        + threads
        + " threads"
        + (openBlas.isEmpty() ? "" : ", with " + openBlas);
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

  /// The checked out commit, with `-dirty` if the sources differ from it; `unknown` outside of a
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
