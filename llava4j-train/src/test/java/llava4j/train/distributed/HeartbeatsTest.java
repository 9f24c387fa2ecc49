package llava4j.train.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import llava4j.error.BadInputException;
import llava4j.tensor.Device;
import llava4j.tensor.NativeRuntime;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Two processes as threads, and how the end of one looks to the other.
class HeartbeatsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  /// More than process 0 once waited for the others when its work was done.
  private static final Duration SLOW = Duration.ofMillis(4500);

  private final BlockingQueue<LostProcessException> lost = new LinkedBlockingQueue<>();

  @BeforeAll
  static void prepare() {
    NativeRuntime.prepare();
  }

  /// Process 0 waits for the settings of process 1 and would do so for the whole timeout.
  @Test
  void aMistakeReachesAProcessThatWaitsInTheStore() throws Exception {
    int port = freePort();
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          try (ProcessGroup group = join(0, port)) {
            group.requireSame(Map.of("seed", "42"));
          }
        });
    try (ProcessGroup group = join(1, port)) {
      group.announceFailure(new BadInputException("my.json does not exist"));
    }
    LostProcessException told = lost.poll(PATIENCE.toSeconds() - 2, TimeUnit.SECONDS);
    assertThat(told).isNotNull().hasMessage("process 1 ended: my.json does not exist");
    assertThat(told.byMistake()).isTrue();
  }

  /// It would wait for the whole timeout, in a real run half an hour.
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void aProcessThatWaitsLearnsWhyAnotherEndsBeforeItJoins(int failing) throws Exception {
    int port = freePort();
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          try (ProcessGroup _ = join(1 - failing, port)) {
            throw new AssertionError("joined alone");
          } catch (LostProcessException e) {
            lost.add(e); // the store ends with process 0
          }
        });
    LaunchEnvironment own = new LaunchEnvironment(failing, 2, "127.0.0.1", port, failing);
    EarlyFailure.announce(own, new BadInputException("there is no GPU"), PATIENCE);
    LostProcessException told = lost.poll(PATIENCE.toSeconds() - 2, TimeUnit.SECONDS);
    assertThat(told).isNotNull().hasMessage("process " + failing + " ended: there is no GPU");
    assertThat(told.byMistake()).isTrue();
  }

  @Test
  void aSlowProcessDoesNotTakeTheEndOfAFinishedOneForALoss() throws Exception {
    int port = freePort();
    Thread first = Thread.ofPlatform().start(() -> join(0, port).close());
    ProcessGroup slow = join(1, port);
    Thread.sleep(SLOW);
    assertThat(lost).isEmpty();
    slow.close();
    first.join();
    assertThat(lost).isEmpty();
  }

  @Test
  void aTakenPortMayBeFreeAtTheNextTry() throws Exception {
    try (ServerSocket taken = new ServerSocket(0)) {
      assertThatThrownBy(() -> join(0, taken.getLocalPort()))
          .isInstanceOf(LostProcessException.class)
          .hasMessageContainingAll(
              "process 0 could not connect to the other 1 process(es)", "a free MASTER_PORT")
          .satisfies(e -> assertThat(((LostProcessException) e).byMistake()).isFalse());
    }
  }

  private ProcessGroup join(int rank, int port) {
    return ConnectedProcesses.join(
        new LaunchEnvironment(rank, 2, "127.0.0.1", port, rank),
        new Device.Cpu(),
        PATIENCE,
        lost::add);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
