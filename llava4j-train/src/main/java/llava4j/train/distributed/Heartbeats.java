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

/// Each process counts up a number in the store of process 0; whoever stops counting is lost. Has
/// connections of its own, so that a collective that hangs does not stop the heart.
final class Heartbeats implements AutoCloseable {
  private static final Duration BEAT = Duration.ofSeconds(1);
  private static final Duration SILENCE = Duration.ofSeconds(40);
  private static final Duration CLOSER_LOOK = Duration.ofSeconds(5);
  private static final Duration FAREWELL = Duration.ofSeconds(3);
  private static final Duration FAREWELL_LOOK = Duration.ofMillis(20);
  private static final String CLOSED = "closed";

  private final LaunchEnvironment environment;
  private final TCPStore reader;
  private final TCPStore writer; // of the thread alone, while it runs
  private final Thread thread;
  private volatile boolean closed;

  private Heartbeats(LaunchEnvironment environment, Consumer<String> onLost) {
    this.environment = environment;
    this.reader = connect(environment);
    this.writer = connect(environment);
    this.thread = Thread.ofPlatform().daemon().name("heartbeat").unstarted(() -> beat(onLost));
  }

  /// @param onLost is told, on another thread, that a process has been silent for long
  static Heartbeats start(LaunchEnvironment environment, Consumer<String> onLost) {
    Heartbeats heartbeats = new Heartbeats(environment, onLost);
    heartbeats.thread.start();
    return heartbeats;
  }

  /// One clause that names the processes that are gone, after a collective failed.
  String whoIsLost() {
    try {
      List<String> reasons = new ArrayList<>();
      long[] before = counts();
      Thread.sleep(CLOSER_LOOK);
      long[] after = counts();
      for (int rank = 0; rank < before.length; rank++) {
        if (rank != environment.rank() && before[rank] == after[rank]) {
          reasons.add(reason(rank));
        }
      }
      return reasons.isEmpty()
          ? "the connection to another process broke"
          : String.join("; ", reasons);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "the connection to another process broke";
    } catch (RuntimeException e) {
      return "process 0 is gone";
    }
  }

  /// Leaves a word for the others on why this process ends.
  void announceFailure(String sentence) {
    try {
      reader.set("failed/" + environment.rank(), sentence);
    } catch (RuntimeException e) {
      // process 0 is gone, so there is nobody to read it
    }
  }

  /// Stops counting and lets go of the store. Process 0, whose store it is, waits a little for the
  /// others, which may be about to close too and would take it for lost.
  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    try {
      boolean stopped = thread.join(FAREWELL);
      sayGoodbye();
      reader.releaseReference();
      if (stopped) {
        writer.releaseReference();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void sayGoodbye() throws InterruptedException {
    try {
      long gone = reader.add(CLOSED, 1);
      long deadline = System.nanoTime() + FAREWELL.toNanos();
      while (environment.rank() == 0
          && gone < environment.worldSize()
          && System.nanoTime() < deadline) {
        Thread.sleep(FAREWELL_LOOK);
        gone = reader.add(CLOSED, 0);
      }
    } catch (RuntimeException e) {
      // process 0 is gone already
    }
  }

  private void beat(Consumer<String> onLost) {
    long[] last = new long[environment.worldSize()];
    long[] movedAt = new long[environment.worldSize()];
    java.util.Arrays.fill(movedAt, System.nanoTime());
    while (!closed) {
      try {
        writer.add(key(environment.rank()), 1);
        for (int rank = 0; rank < last.length; rank++) {
          long now = writer.add(key(rank), 0);
          if (now != last[rank]) {
            last[rank] = now;
            movedAt[rank] = System.nanoTime();
          } else if (System.nanoTime() - movedAt[rank] > SILENCE.toNanos()) {
            onLost.accept("process " + rank + " has been silent for " + SILENCE.toSeconds() + " s");
            return;
          }
        }
        Thread.sleep(BEAT);
      } catch (InterruptedException e) {
        return;
      } catch (RuntimeException e) {
        if (!closed) {
          onLost.accept("process 0 is gone");
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
        : "process " + rank + " is gone";
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
                .timeout(new Milliseconds(SILENCE.toMillis())));
    store.retainReference();
    return store;
  }
}
