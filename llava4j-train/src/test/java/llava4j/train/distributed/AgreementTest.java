package llava4j.train.distributed;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import llava4j.error.BadInputException;
import llava4j.tensor.NativeRuntime;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Processes as threads, each with its own connection to one store.
class AgreementTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  @BeforeAll
  static void prepare() {
    NativeRuntime.prepare();
  }

  @Test
  void everyProcessNamesWhoDiffersInWhatAndBothValues() throws Exception {
    List<String> verdicts =
        together(
            List.of(
                Map.of("globalBatch", "32", "seed", "1"),
                Map.of("globalBatch", "32", "seed", "1"),
                Map.of("globalBatch", "64", "seed", "1", "lora", "{}")));
    assertThat(verdicts)
        .hasSize(3)
        .containsOnly(
            "process 2 differs from process 0: globalBatch is 64 instead of 32, lora is {} instead of"
                + " absent; start all processes with the same version, settings, data and base model");
  }

  @Test
  void theSameFactsAreNoComplaint() throws Exception {
    Map<String, String> facts = Map.of("a", "1", "b", "zwei Wörter");
    assertThat(together(List.of(facts, facts))).containsOnly("");
  }

  /// torchrun's agent listens, and keeps the keys of earlier attempts.
  @Test
  void attemptsInOneStoreDoNotMeet() throws Exception {
    int port = freePort();
    try (RunStore agent = RunStore.open(at(port, 0, OptionalInt.empty()), TIMEOUT);
        RunStore first = RunStore.open(at(port, 0, OptionalInt.of(0)), TIMEOUT);
        RunStore same = RunStore.open(at(port, 1, OptionalInt.of(0)), TIMEOUT);
        RunStore second = RunStore.open(at(port, 0, OptionalInt.of(1)), TIMEOUT)) {
      assertThat(first.store().add("alive", 1)).isEqualTo(1);
      assertThat(same.store().add("alive", 1)).isEqualTo(2);
      assertThat(second.store().add("alive", 1)).isEqualTo(1);
      assertThat(agent.store().add("alive", 1)).isEqualTo(1);
    }
  }

  private static List<String> together(List<Map<String, String>> facts) throws Exception {
    int port = freePort();
    List<String> verdicts = Collections.synchronizedList(new ArrayList<>());
    List<Thread> threads = new ArrayList<>();
    for (int rank = 0; rank < facts.size(); rank++) {
      int own = rank;
      threads.add(
          Thread.ofPlatform()
              .start(() -> verdicts.add(verdict(port, own, facts.size(), facts.get(own)))));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    return verdicts;
  }

  private static String verdict(int port, int rank, int size, Map<String, String> facts) {
    try (RunStore store = RunStore.open(at(port, rank, OptionalInt.empty()), TIMEOUT)) {
      Agreement agreement = new Agreement(store.store(), rank, size);
      agreement.require(Map.of("first", "round"));
      agreement.require(facts);
      return "";
    } catch (BadInputException e) {
      return e.getMessage();
    }
  }

  private static LaunchEnvironment at(int port, int rank, OptionalInt attempt) {
    return new LaunchEnvironment(rank, 3, "127.0.0.1", port, 0, attempt);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
