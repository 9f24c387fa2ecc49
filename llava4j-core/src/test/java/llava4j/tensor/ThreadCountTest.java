package llava4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.OptionalInt;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ThreadCountTest {
  private static final OptionalInt NOTHING = OptionalInt.empty();

  @Test
  void theOptionComesBeforeTheEnvironmentAndThatBeforeTheProcessors() {
    Map<String, String> both = Map.of("LLAVA_THREADS", "3", "OMP_NUM_THREADS", "5,2");
    assertThat(ThreadCount.of(OptionalInt.of(7), both, 2).count()).isEqualTo(7);
    assertThat(ThreadCount.of(NOTHING, both, 2)).isEqualTo(new ThreadCount(3, "LLAVA_THREADS"));
    assertThat(ThreadCount.of(NOTHING, Map.of("OMP_NUM_THREADS", "5,2"), 2).count()).isEqualTo(5);
    assertThat(ThreadCount.of(NOTHING, Map.of("LLAVA_THREADS", " "), 2))
        .hasToString("2 threads (the processors of this process)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "two", "1.5", "99999", "12345678901234567890"})
  void nonsenseInTheEnvironmentIsRefusedByName(String value) {
    assertThatThrownBy(() -> ThreadCount.of(NOTHING, Map.of("LLAVA_THREADS", value), 2))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("LLAVA_THREADS")
        .hasMessageContaining("between 1 and 1024");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -4, 1025})
  void nonsenseOnTheCommandLineIsRefused(int value) {
    assertThatThrownBy(() -> ThreadCount.of(OptionalInt.of(value), Map.of(), 2))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("--threads");
  }

  @Test
  void processesShareTheThreadsOfTheMachineButNotTheirOwnOpenMp() {
    assertThat(ThreadCount.of(NOTHING, Map.of(), 8).dividedBy(3).count()).isEqualTo(2);
    assertThat(ThreadCount.of(NOTHING, Map.of(), 2).dividedBy(4).count()).isEqualTo(1);
    assertThat(ThreadCount.of(NOTHING, Map.of("OMP_NUM_THREADS", "4"), 8).dividedBy(2).count())
        .isEqualTo(4);
  }

  @Test
  void libtorchAndOurKernelsTakeTheNumberOnEveryThread() throws InterruptedException {
    int before = NativeRuntime.useThreads(NOTHING).count();
    try {
      assertThat(NativeRuntime.useThreads(OptionalInt.of(3)).count()).isEqualTo(3);
      assertThat(NativeRuntime.numThreads()).isEqualTo(3);
      int[] elsewhere = new int[1];
      Thread other = Thread.ofPlatform().start(() -> elsewhere[0] = NativeRuntime.numThreads());
      other.join();
      assertThat(elsewhere[0]).isEqualTo(3);
      assertThat(NativeRuntime.useThreads(NOTHING).count())
          .as("kept when nothing is asked")
          .isEqualTo(3);
    } finally {
      NativeRuntime.useThreads(OptionalInt.of(before));
    }
  }
}
