package llava4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import llava4j.golden.AllocatedMemory;
import llava4j.train.batch.Batch;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Hundreds of steps in a separate process must not leak native memory.
@Tag("slow")
class StepMemoryTest {
  private static final int WARM = 150;
  private static final int STEPS = 500;
  private static final int WINDOW = 50; // longer than the 32 steps after which some memory is freed
  // bytes a step: small objects that wait for the collector, and what is compiled meanwhile
  private static final long ALLOWED = 16 << 10;
  private static final int LEAK = 40 << 10;

  /// A leak raises the minimum of a window of steps; temporary memory does not. An artificial leak
  /// must be detected.
  @Test
  void stepsLeaveNothingBehind() throws IOException, InterruptedException {
    Process leaking = start(LEAK); // beside the other, each on one core
    Process sound = start(0);
    try {
      check(sound, 0);
      check(leaking, LEAK);
    } finally {
      sound.destroyForcibly();
      leaking.destroyForcibly();
    }
  }

  /// @param leak bytes leaked in each step
  private static Process start(int leak) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                System.getProperty("java.home") + "/bin/java",
                "-Xmx128m",
                "-XX:TieredStopAtLevel=1",
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-Dllava4j.golden=" + System.getProperty("llava4j.golden"),
                "-cp",
                System.getProperty("java.class.path"),
                Steps.class.getName(),
                String.valueOf(leak)));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("OMP_NUM_THREADS", "1"); // products this small are faster so
    return builder.start();
  }

  private static void check(Process process, int leak) throws IOException, InterruptedException {
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    long[] allocated =
        output
            .lines()
            .filter(line -> line.startsWith("allocated "))
            .mapToLong(line -> Long.parseLong(line.substring("allocated ".length())))
            .toArray();
    assertThat(allocated).hasSize(STEPS);
    long[] least =
        LongStream.iterate(WARM, start -> start + WINDOW <= STEPS, start -> start + WINDOW)
            .map(start ->
                Arrays.stream(allocated, (int) start, (int) start + WINDOW).min().orElseThrow())
            .toArray();
    double perStep = slope(least) / WINDOW;
    System.out.printf(
        "allocated memory grows by %.0f bytes a step beside a leak of %d: %s KiB%n",
        perStep, leak, Arrays.toString(Arrays.stream(least).map(bytes -> bytes >> 10).toArray()));
    assertThat(perStep)
        .as("what leaks is found")
        .isBetween(leak - ALLOWED * 1.0, leak + ALLOWED * 1.0);
  }

  /// Theil-Sen slope: the median of the slopes between all pairs of points, which is robust against
  /// single jumps.
  private static double slope(long[] values) {
    double[] slopes = new double[values.length * (values.length - 1) / 2];
    int next = 0;
    for (int i = 0; i < values.length; i++) {
      for (int j = i + 1; j < values.length; j++) {
        slopes[next++] = (double) (values[j] - values[i]) / (j - i);
      }
    }
    Arrays.sort(slopes);
    return slopes[slopes.length / 2];
  }

  /// The main method of the separate process.
  static final class Steps {
    private Steps() {}

    public static void main(String[] arguments) {
      int leak = Integer.parseInt(arguments[0]);
      try (TinyRun run =
              new TinyRun("tinyLora", "maxLength=256", "globalBatch=1", "deviceBatch=1");
          Assembly assembly = run.assemble()) {
        List<Batch> batch = run.firstStep();
        long[] allocated = new long[STEPS];
        for (int step = 0; step < STEPS; step++) {
          assembly.learner().step(step, batch, false);
          if (leak > 0) {
            lose(leak);
          }
          allocated[step] = AllocatedMemory.now();
        }
        Arrays.stream(allocated).forEach(bytes -> System.out.println("allocated " + bytes));
      }
    }

    private static void lose(int bytes) {
      Pointer.memset(new BytePointer(Pointer.malloc(bytes)), 1, bytes);
    }
  }
}
