package llava4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import llava4j.train.batch.Batch;
import org.junit.jupiter.api.Test;

/// A thousand steps leave no native memory behind. In a process whose Java heap is touched from the
/// start, so that what grows is native.
class StepMemoryTest {
  private static final int WARM = 200;
  private static final int STEPS = 1000;
  private static final long ALLOWED = 40L << 20; // what frees itself every 32 steps, and noise

  @Test
  void thousandStepsKeepMemoryFlat() throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                System.getProperty("java.home") + "/bin/java",
                "-Xms128m",
                "-Xmx128m",
                "-XX:+AlwaysPreTouch",
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-Dllava4j.golden=" + System.getProperty("llava4j.golden"),
                "-cp",
                System.getProperty("java.class.path"),
                Steps.class.getName()));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("OMP_NUM_THREADS", "1"); // products this small are faster so
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    long growth =
        output
            .lines()
            .filter(line -> line.startsWith("grew "))
            .mapToLong(line -> Long.parseLong(line.substring("grew ".length())))
            .findFirst()
            .orElseThrow();
    System.out.printf("resident memory grew by %d KiB in %d steps%n", growth >> 10, STEPS - WARM);
    assertThat(growth).isLessThan(ALLOWED);
  }

  /// The process.
  static final class Steps {
    private Steps() {}

    public static void main(String[] arguments) {
      try (TinyRun run =
              new TinyRun("tinyLora", "maxLength=256", "globalBatch=1", "deviceBatch=1");
          Assembly assembly = run.assemble()) {
        List<Batch> batch = run.firstStep();
        long before = 0;
        for (int step = 0; step < STEPS; step++) {
          assembly.learner().step(step, batch, false);
          before = step == WARM ? ResidentMemory.now() : before;
        }
        System.out.println("grew " + (ResidentMemory.now() - before));
      }
    }
  }
}
