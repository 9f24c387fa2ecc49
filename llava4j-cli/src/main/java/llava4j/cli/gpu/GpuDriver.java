package llava4j.cli.gpu;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// NVIDIA's driver and the GPUs of this machine, found without CUDA.
///
/// @param version such as `580.65.06`; empty if there is no driver
/// @param gpus empty if `nvidia-smi` is missing or names none
public record GpuDriver(Optional<String> version, List<Gpu> gpus) {
  /// The first driver of CUDA 13. CUDA 13.x runs on it ("minor version compatibility").
  static final String OLDEST = "580.65.06";

  /// Turing. CUDA 13 has left out what is older.
  static final double LEAST_CAPABILITY = 7.5;

  private static final Pattern MODULE = Pattern.compile("Kernel Module[^\\n]*?\\s(\\d+\\.[\\d.]+)");
  private static final int PATIENCE_SECONDS = 30;

  /// One GPU.
  ///
  /// @param capability compute capability such as 9.0; NaN if `nvidia-smi` does not say
  public record Gpu(String name, double capability) {}

  /// Reads `proc/driver/nvidia/version`, and what `nvidia-smi` prints.
  ///
  /// @param root of the file system
  /// @param smi the program, by name or path
  static GpuDriver find(Path root, String smi) {
    List<String[]> rows = ask(smi);
    List<Gpu> gpus = rows.stream().map(row -> new Gpu(row[0].strip(), number(row[2]))).toList();
    Optional<String> version =
        module(root).or(() -> rows.stream().map(row -> row[1].strip()).findFirst());
    return new GpuDriver(version, gpus);
  }

  /// Why no GPU of this machine can be used, in one sentence; empty if nothing speaks against it.
  Optional<String> problem() {
    if (version.isEmpty()) {
      return Optional.of(
          "this machine has no NVIDIA driver (neither /proc/driver/nvidia/version nor nvidia-smi);"
              + " install driver "
              + OLDEST
              + " or newer, or use --device cpu");
    }
    if (compare(version.get(), OLDEST) < 0) {
      return Optional.of(
          "NVIDIA's driver "
              + version.get()
              + " is too old for CUDA 13; install "
              + OLDEST
              + " or newer, or use --device cpu");
    }
    if (!gpus.isEmpty() && gpus.stream().allMatch(gpu -> gpu.capability() < LEAST_CAPABILITY)) {
      Gpu first = gpus.getFirst();
      return Optional.of(
          String.format(
              Locale.ROOT,
              "the %s has compute capability %.1f, and CUDA 13 needs %.1f or more (Turing); use"
                  + " --device cpu",
              first.name(),
              first.capability(),
              LEAST_CAPABILITY));
    }
    return Optional.empty();
  }

  @Override
  public String toString() {
    return "driver "
        + version.orElse("none")
        + gpus.stream()
            .map(gpu -> ", " + gpu.name() + " (compute capability " + gpu.capability() + ")")
            .reduce("", String::concat);
  }

  /// The version of the driver whose kernel module is loaded, from `proc/driver/nvidia/version`;
  /// empty if there is none.
  ///
  /// @param root of the file system
  public static Optional<String> module(Path root) {
    Path file = root.resolve("proc/driver/nvidia/version");
    try {
      if (!Files.isReadable(file)) {
        return Optional.empty();
      }
      Matcher matcher = MODULE.matcher(Files.readString(file));
      return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty(); // the driver was unloaded meanwhile
    }
  }

  private static List<String[]> ask(String smi) {
    List<String[]> rows = new ArrayList<>();
    try {
      Process process =
          new ProcessBuilder(
                  smi, "--query-gpu=name,driver_version,compute_cap", "--format=csv,noheader")
              .redirectErrorStream(true)
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .start();
      process
          .onExit()
          .orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
          .exceptionally(_ -> kill(process));
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() == 0) {
        text.lines()
            .map(line -> line.split(",", -1))
            .filter(row -> row.length == 3 && row[1].strip().matches("\\d+\\.[\\d.]+"))
            .forEach(rows::add);
      }
    } catch (IOException e) {
      return List.of(); // not installed
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return rows;
  }

  private static Process kill(Process process) {
    return process.destroyForcibly();
  }

  private static double number(String text) {
    String digits = text.strip();
    return digits.matches("\\d{1,3}(\\.\\d{1,3})?") ? Double.parseDouble(digits) : Double.NaN;
  }

  /// Compares versions part by part.
  static int compare(String one, String other) {
    String[] left = one.split("\\.", -1);
    String[] right = other.split("\\.", -1);
    for (int i = 0; i < Math.max(left.length, right.length); i++) {
      int difference = Integer.compare(part(left, i), part(right, i));
      if (difference != 0) {
        return difference;
      }
    }
    return 0;
  }

  private static int part(String[] parts, int index) {
    return index < parts.length && parts[index].matches("\\d{1,9}")
        ? Integer.parseInt(parts[index])
        : 0;
  }
}
