package llava4j.train.distributed;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.StringVector;
import org.bytedeco.pytorch.TCPStore;
import org.bytedeco.pytorch.TCPStoreOptions;

/// Each process increments a counter in the store of process 0; a process whose counter stands
/// still is considered lost. Heartbeats use their own connections, so that a blocked collective
/// does not stop them.
final class Heartbeats implements AutoCloseable {
  private static final Duration INTERVAL = Duration.ofSeconds(1);
  private static final Duration TIMEOUT = Duration.ofSeconds(40);
  private static final Duration COUNT_INTERVAL = Duration.ofSeconds(5);
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(3);
  private static final Duration CLOSE_POLL_INTERVAL = Duration.ofMillis(20);
  private static final String CLOSED = "closed";

  private final LaunchEnvironment environment;
  private final TCPStore reader;
  private final TCPStore writer; // used only by the heartbeat thread while it runs
  private final Thread thread;
  private volatile boolean closed;

  private Heartbeats(LaunchEnvironment environment, Consumer<String> onLost) {
    this.environment = environment;
    this.reader = connect(environment);
    this.writer = connect(environment);
    this.thread =
        Thread.ofPlatform().daemon().name("heartbeat").unstarted(() -> sendUntilClosed(onLost));
  }

  /// @param onLost called on another thread when a process has sent no heartbeat for long
  static Heartbeats start(LaunchEnvironment environment, Consumer<String> onLost) {
    Heartbeats heartbeats = new Heartbeats(environment, onLost);
    heartbeats.thread.start();
    return heartbeats;
  }

  /// One clause that names the lost processes, for use after a collective failed.
  String describeLostProcesses() {
    try {
      List<String> reasons = new ArrayList<>();
      long[] before = counts();
      Thread.sleep(COUNT_INTERVAL);
      long[] after = counts();
      for (int rank = 0; rank < before.length; rank++) {
        if (rank != environment.rank() && before[rank] == after[rank]) {
          reasons.add(reason(rank));
        }
      }
      return reasons.isEmpty()
          ? "the connection to another process was lost"
          : String.join("; ", reasons);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "the connection to another process was lost";
    } catch (RuntimeException e) {
      return "process 0 has stopped";
    }
  }

  /// Stores for the other processes why this one ends.
  void announceFailure(String sentence) {
    try {
      reader.set("failed/" + environment.rank(), sentence);
    } catch (RuntimeException e) {
      // process 0 has stopped, so the message cannot be delivered
    }
  }

  /// Stops the heartbeats and disconnects. Process 0, which hosts the store, waits a little for the
  /// others: they may be about to close too and would report it as lost.
  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    try {
      boolean stopped = thread.join(CLOSE_TIMEOUT);
      announceClose();
      reader.releaseReference();
      if (stopped) {
        writer.releaseReference();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void announceClose() throws InterruptedException {
    try {
      long gone = reader.add(CLOSED, 1);
      long deadline = System.nanoTime() + CLOSE_TIMEOUT.toNanos();
      while (environment.rank() == 0
          && gone < environment.worldSize()
          && System.nanoTime() < deadline) {
        Thread.sleep(CLOSE_POLL_INTERVAL);
        gone = reader.add(CLOSED, 0);
      }
    } catch (RuntimeException e) {
      // process 0 has already stopped
    }
  }

  private void sendUntilClosed(Consumer<String> onLost) {
    long[] last = new long[environment.worldSize()];
    long[] changedAt = new long[environment.worldSize()];
    java.util.Arrays.fill(changedAt, System.nanoTime());
    while (!closed) {
      try {
        writer.add(key(environment.rank()), 1);
        for (int rank = 0; rank < last.length; rank++) {
          long now = writer.add(key(rank), 0);
          if (now != last[rank]) {
            last[rank] = now;
            changedAt[rank] = System.nanoTime();
          } else if (System.nanoTime() - changedAt[rank] > TIMEOUT.toNanos()) {
            onLost.accept(
                "process " + rank + " has sent no heartbeat for " + TIMEOUT.toSeconds() + " s");
            return;
          }
        }
        Thread.sleep(INTERVAL);
      } catch (InterruptedException e) {
        return;
      } catch (RuntimeException e) {
        if (!closed) {
          onLost.accept("process 0 has stopped");
        }
        return;
      }
    }
  }

  private long[] counts() {
    return IntStream.range(0, environment.worldSize())
        .mapToLong(rank -> reader.add(key(rank), 0))
        .toArray();
  }

  private String reason(int rank) {
    String key = "failed/" + rank;
    return reader.check(new StringVector(key))
        ? "process " + rank + " ended: " + reader.get_to_str(key)
        : "process " + rank + " has stopped";
  }

  private static String key(int rank) {
    return "alive/" + rank;
  }

  private static TCPStore connect(LaunchEnvironment environment) {
    TCPStore store =
        new TCPStore(
            environment.masterAddress(),
            new TCPStoreOptions()
                .port((short) environment.masterPort())
                .isServer(false)
                .waitWorkers(false)
                .timeout(new Milliseconds(TIMEOUT.toMillis())));
    store.retainReference();
    return store;
  }
}
