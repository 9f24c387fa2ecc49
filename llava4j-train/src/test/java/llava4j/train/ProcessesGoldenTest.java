package llava4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import llava4j.golden.Golden;
import llava4j.train.distributed.LocalLauncher;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// The reference's runs in several processes, under every ZeRO stage: the same losses, norms and
/// final tensors as in one.
@Tag("slow")
class ProcessesGoldenTest {
  private static final int ZERO_STAGES = 4;

  @Test
  void twoProcessesEqualTheReferenceUnderEveryZeroStage() throws InterruptedException {
    // stage 1 as the reference with two micro-batches: the mean of two means
    check(
        2,
        List.of(
            "stage1",
            "TOKENS",
            "stage1_accumulate2",
            "REFERENCE",
            "stage2",
            "TOKENS",
            "stage2_lora",
            "TOKENS"));
  }

  @Test
  void fourProcessesEqualTheReferenceUnderEveryZeroStage() throws InterruptedException {
    // a subset was compared with two processes; four take as long as all other tests
    check(
        4,
        Golden.isSubset()
            ? List.of("stage2", "TOKENS")
            : List.of("stage1", "TOKENS", "stage2", "TOKENS", "stage2_lora", "TOKENS"));
  }

  private static void check(int processes, List<String> runs) throws InterruptedException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    LocalLauncher launcher =
        new LocalLauncher(
            GoldenProcess.class.getName(),
            runs,
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    int code = launcher.run(processes, Map.of(GoldenProcess.ROOT, Golden.root().toString()));
    System.out.print(out.toString(StandardCharsets.UTF_8));
    assertThat(code).as(err.toString(StandardCharsets.UTF_8)).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8).lines().filter(line -> line.endsWith("equal")))
        .hasSize(runs.size() / 2 * ZERO_STAGES);
  }
}
