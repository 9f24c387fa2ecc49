package llava4j.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.ThreadCount;

/// Runs a main class in its own JVM, with the same options and number of threads as this JVM.
final class FreshJvm {
  private FreshJvm() {}

  /// The first line that the program prints.
  ///
  /// @param environment replaces variables of this process; an empty text removes a variable
  /// @throws IllegalStateException if its exit code is not 0
  static String line(Class<?> main, Map<String, String> environment, String... arguments) {
    try {
      Process process =
          builder(main, environment, arguments)
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      String line;
      try (BufferedReader reader =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
        line = reader.readLine();
      }
      int exitCode = process.waitFor();
      if (exitCode != 0 || line == null) {
        throw new IllegalStateException(main.getSimpleName() + " ended with code " + exitCode);
      }
      return line;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for a process", e);
    }
  }

  /// The process, not yet started.
  static ProcessBuilder builder(
      Class<?> main, Map<String, String> environment, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder
        .environment() // as the record of this run says
        .put(ThreadCount.VARIABLE, String.valueOf(NativeRuntime.chosenThreads().count()));
    environment.forEach((name, value) -> {
      if (value.isEmpty()) {
        builder.environment().remove(name);
      } else {
        builder.environment().put(name, value);
      }
    });
    return builder;
  }
}
