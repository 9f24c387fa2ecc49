package llava4j.generate;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import llava4j.golden.AllocatedMemory;
import llava4j.golden.Golden;
import llava4j.golden.GoldenModel;
import llava4j.model.SplicedPrompt;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.Scope;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Many tokens by one scheduler.
@Tag("slow")
class LongRunTest {
  private static final int ROUNDS = 16;
  private static final int ANSWERS = 2;
  private static final int TOKENS = 320;

  /// Rounds until all code is compiled and the pool is full.
  private static final int WARM_UP = 8;

  /// Less than the logits of a token.
  private static final double NATIVE_PER_TOKEN = 1000;

  /// Logits, their copy and small objects; far below what a copy of a cache would take.
  private static final long BYTES_PER_TOKEN = 250_000;

  /// In a JVM of its own, whose native memory nothing else uses.
  @Test
  void tenThousandTokensLeaveMemoryFlat() throws Exception {
    Process java =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Run.class.getName())
            .redirectErrorStream(true)
            .start();
    String said = new String(java.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(java.waitFor()).as(said).isZero();
    Golden.check(
        "ten thousand tokens, native bytes per token", figure(said, "native"), NATIVE_PER_TOKEN);
    Golden.check("Java bytes per token", figure(said, "allocated"), BYTES_PER_TOKEN);
  }

  private static double figure(String said, String name) {
    return said.lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
        .findFirst()
        .orElseThrow(() -> new AssertionError(said));
  }

  /// The main class of that JVM.
  static final class Run {
    private Run() {}

    public static void main(String[] arguments) {
      NativeRuntime.prepare();
      try (GoldenModel golden = GoldenModel.openCommitted("original");
          Generator generator =
              new Generator(
                  golden.model(), golden.tokenizer(), Set.of(), SchedulerLimits.ofBlocks(80));
          Scope _ = new Scope()) {
        GenerationOptions options =
            GenerationOptions.greedy()
                .withDecoding(new Decoding.Sample(1, 50, 1, 0, 1))
                .withMaxNewTokens(TOKENS)
                .withNumAnswers(ANSWERS);
        long before = 0;
        long allocatedBefore = 0;
        for (int round = 0; round < ROUNDS; round++) {
          SplicedPrompt prompt =
              golden.model().splicer().splice(new int[] {1, 40 + round, 41, 42}, List.of());
          List<Generation> answers =
              generator.generate(prompt, options, TextListener.NONE, () -> false).answers();
          if (answers.stream().anyMatch(answer -> answer.ids().length != TOKENS)) {
            throw new IllegalStateException("an answer ended early");
          }
          if (round == WARM_UP) {
            before = nativeBytes(generator);
            allocatedBefore = allocated();
          }
        }
        long after = nativeBytes(generator);
        double tokens = (double) (ROUNDS - WARM_UP - 1) * ANSWERS * TOKENS;
        System.out.println("native " + (after - before) / tokens);
        System.out.println("allocated " + (allocated() - allocatedBefore) / tokens);
      }
    }
  }

  /// What is allocated, without the KV cache, which has its limit.
  private static long nativeBytes(Generator generator) {
    return AllocatedMemory.settled() - generator.cacheBytes();
  }

  private static long allocated() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    for (long id : threads.getAllThreadIds()) {
      if (threads.getThreadInfo(id).getThreadName().equals("llava4j-scheduler")) {
        return threads.getThreadAllocatedBytes(id);
      }
    }
    throw new IllegalStateException("no scheduler is running");
  }
}
