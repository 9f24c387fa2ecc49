package llava4j.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/// Another process that keeps one core busy until it is closed.
final class BusyNeighbour implements AutoCloseable {
  private final Process process;

  private BusyNeighbour(Process process) {
    this.process = process;
  }

  static BusyNeighbour start() {
    try {
      return new BusyNeighbour(
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:+UseSerialGC",
                  "-cp",
                  System.getProperty("java.class.path"),
                  BusyNeighbour.class.getName())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Counts until the process is killed.
  public static void main(String[] arguments) {
    long count = 0;
    while (count >= 0) {
      count++;
      Thread.onSpinWait();
    }
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
