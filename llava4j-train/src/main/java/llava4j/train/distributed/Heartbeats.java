package llava4j.train.distributed;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import llava4j.error.BadInputException;
import org.bytedeco.pytorch.StringVector;

/// Each process increments a counter in the store of process 0; a process whose counter stands
/// still is considered lost. Heartbeats use their own connections, so that a blocked collective
/// does not stop them.
final class Heartbeats implements AutoCloseable {
  private static final Duration INTERVAL = Duration.ofSeconds(1);
  private static final Duration TIMEOUT = Duration.ofSeconds(40);
  private static final Duration SUSPENDED = Duration.ofSeconds(10);
  private static final Duration COUNT_INTERVAL = Duration.ofSeconds(5);
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(3);
  private static final Duration GOOD_CLOSE_TIMEOUT = Duration.ofSeconds(20);
  private static final Duration NOTICE_TIME = Duration.ofSeconds(5);
  private static final Duration POLL_INTERVAL = Duration.ofMillis(20);
  private static final String CLOSED = "closed";
  private static final String ENDED = "ended"; // counts processes that said how they ended
  private static final String TOLD = "told"; // counts processes that have read of a failure

  private final LaunchEnvironment environment;
  private final RunStore reader;
  private final RunStore writer; // used only by the heartbeat thread while it runs
  private final Thread thread;
  private volatile boolean closed;
  private volatile long lastRound = System.nanoTime();
  private final AtomicLongArray changedAt; // per process: when its counter was last seen to change,
  // 0 before its first heartbeat
  private final AtomicIntegerArray finished; // per process: 1 if it said that its work is done
  private volatile Announced announced;
  private volatile boolean joined;
  private volatile boolean collectiveFailed;

  private Heartbeats(LaunchEnvironment environment, Consumer<LostProcessException> onLost) {
    this.environment = environment;
    this.changedAt = new AtomicLongArray(environment.worldSize());
    this.finished = new AtomicIntegerArray(environment.worldSize());
    this.reader = RunStore.connect(environment, TIMEOUT);
    this.writer = RunStore.connect(environment, TIMEOUT);
    this.thread =
        Thread.ofPlatform().daemon().name("heartbeat").unstarted(() -> sendUntilClosed(onLost));
  }

  /// Starts before the other processes may be there: one that has sent no heartbeat yet is not
  /// missed.
  ///
  /// @param onLost called on another thread when a process has sent no heartbeat for long, or said
  ///   why it ends while no collective of this process noticed
  static Heartbeats start(LaunchEnvironment environment, Consumer<LostProcessException> onLost) {
    Heartbeats heartbeats = new Heartbeats(environment, onLost);
    heartbeats.thread.start();
    Thread.ofPlatform()
        .daemon()
        .name("heartbeat-watch")
        .start(() -> heartbeats.watchUntilClosed(onLost));
    return heartbeats;
  }

  /// The processes that are lost.
  ///
  /// @param clause names them
  /// @param byMistake whether one of them ended because of a user's mistake
  record Lost(String clause, boolean byMistake) {
    /// @param seen where the loss was seen, appended to the clause
    LostProcessException exception(String seen, Throwable cause) {
      String sentence = clause + seen;
      return new LostProcessException(
          byMistake
              ? sentence
              : sentence + "; start the run again to resume from the last checkpoint",
          byMistake,
          cause);
    }
  }

  private record Announced(Lost lost, long since) {}

  /// Looks for lost processes, after a collective failed: one that said so before it ended, or one
  /// whose counter stands still.
  Lost lostProcesses() {
    collectiveFailed = true;
    try {
      long[] before = counts();
      long deadline = System.nanoTime() + COUNT_INTERVAL.toNanos();
      while (System.nanoTime() < deadline) {
        for (int rank = 0; rank < before.length; rank++) {
          if (rank != environment.rank() && has(reader, failedKey(rank))) {
            return announcedBy(rank, reader);
          }
        }
        Thread.sleep(POLL_INTERVAL);
      }
      long[] after = counts();
      List<String> stopped = new ArrayList<>();
      for (int rank = 0; rank < before.length; rank++) {
        if (rank != environment.rank() && before[rank] == after[rank]) {
          stopped.add("process " + rank + " has stopped");
        }
      }
      return stopped.isEmpty() ? unknown() : new Lost(String.join("; ", stopped), false);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return unknown();
    } catch (RuntimeException e) {
      Announced before = announced; // process 0 may have said why it stops
      return before == null ? new Lost(storeStopped(), false) : before.lost();
    }
  }

  /// From now on, collective operations may see the end of another process first.
  void joined() {
    joined = true;
  }

  /// A process that said why it ends, if its sentence has arrived here.
  Optional<Lost> announced() {
    return Optional.ofNullable(announced).map(Announced::lost);
  }

  private static Lost announcedBy(int rank, RunStore from) {
    String sentence = from.store().get_to_str(failedKey(rank));
    return new Lost("process " + rank + " ended: " + sentence, has(from, mistakeKey(rank)));
  }

  private static boolean has(RunStore from, String key) {
    return from.store().check(new StringVector(key));
  }

  private static Lost unknown() {
    return new Lost("the connection to another process was lost", false);
  }

  /// Stores for the other processes why this one ends, unless that is the loss of another one.
  void announceFailure(RuntimeException failure) {
    if (failure instanceof LostProcessException) {
      return;
    }
    try {
      writeFailure(reader, environment.rank(), failure);
    } catch (RuntimeException e) {
      // the store has stopped, so the message cannot be delivered
    }
  }

  /// Stores why a process ends.
  static void writeFailure(RunStore to, int rank, RuntimeException failure) {
    if (failure instanceof BadInputException) {
      to.store().set(mistakeKey(rank), "");
    }
    to.store().set(failedKey(rank), String.valueOf(failure.getMessage()));
    to.store().add(ENDED, 1);
  }

  /// How many processes have read why another one ended, or have said so of themselves.
  static long informed(RunStore from) {
    return from.store().add(TOLD, 0) + from.store().add(ENDED, 0);
  }

  /// Says that the work of this process is done, so that the others do not take its end for a loss,
  /// and closes. Process 0, which hosts the store, gives slower processes more time to close too.
  void finish() {
    try {
      reader.store().set(finishedKey(environment.rank()), "");
      reader.store().add(ENDED, 1);
    } catch (RuntimeException e) {
      // process 0 has already stopped
    }
    close(GOOD_CLOSE_TIMEOUT);
  }

  /// Stops the heartbeats and disconnects. Process 0, which hosts the store, waits a little for the
  /// others: they may be about to close too and would report it as lost.
  @Override
  public void close() {
    close(CLOSE_TIMEOUT);
  }

  /// @param patience how long process 0 waits for the others
  private void close(Duration patience) {
    closed = true;
    thread.interrupt();
    try {
      boolean stopped = thread.join(CLOSE_TIMEOUT);
      announceClose(patience);
      reader.close();
      if (stopped) {
        writer.close();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void announceClose(Duration patience) throws InterruptedException {
    try {
      long gone = reader.store().add(CLOSED, 1);
      long deadline = System.nanoTime() + patience.toNanos();
      while (environment.rank() == 0
          && gone < environment.worldSize()
          && System.nanoTime() < deadline) {
        Thread.sleep(POLL_INTERVAL);
        gone = reader.store().add(CLOSED, 0);
      }
    } catch (RuntimeException e) {
      // process 0 has already stopped
    }
  }

  private void sendUntilClosed(Consumer<LostProcessException> onLost) {
    long[] last = new long[environment.worldSize()];
    long ended = 0;
    while (!closed) {
      try {
        writer.store().add(key(environment.rank()), 1);
        for (int rank = 0; rank < last.length; rank++) {
          long now = writer.store().add(key(rank), 0);
          if (now != last[rank]) {
            last[rank] = now;
            changedAt.set(rank, System.nanoTime());
          }
        }
        long endedNow = writer.store().add(ENDED, 0);
        if (endedNow != ended) {
          ended = endedNow;
          readEnds();
        }
        lastRound = System.nanoTime();
        Thread.sleep(INTERVAL);
      } catch (InterruptedException e) {
        return;
      } catch (RuntimeException e) {
        if (!closed && announced == null && finished.get(0) == 0) {
          onLost.accept(new Lost(storeStopped(), false).exception("", e));
        }
        return;
      }
    }
  }

  private void readEnds() {
    for (int rank = 0; rank < environment.worldSize(); rank++) {
      if (rank == environment.rank()) {
        continue;
      }
      if (announced == null && has(writer, failedKey(rank))) {
        announced = new Announced(announcedBy(rank, writer), System.nanoTime());
        writer.store().add(TOLD, 1);
      }
      if (has(writer, finishedKey(rank))) {
        finished.set(rank, 1);
      }
    }
  }

  /// Decides which process is lost. Without an answer or an error, as from a machine that lost its
  /// power, a call to the store does not return; hence a thread that never calls it. The time for
  /// which this process itself was suspended counts for nobody.
  private void watchUntilClosed(Consumer<LostProcessException> onLost) {
    try {
      long resumed = System.nanoTime();
      while (!closed) {
        long before = System.nanoTime();
        Thread.sleep(INTERVAL);
        long now = System.nanoTime();
        if (now - before > SUSPENDED.toNanos()) {
          resumed = now;
        }
        long since = resumed;
        Optional<Lost> lost =
            announcedLongAgo(now).or(() -> lost(since, now).map(clause -> new Lost(clause, false)));
        if (lost.isPresent() && !closed) {
          onLost.accept(lost.get().exception("", null));
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// What another process said before it ended, if this one has had time to notice its end in a
  /// collective operation and did not: it computes, or waits for the store.
  private Optional<Lost> announcedLongAgo(long now) {
    Announced said = announced;
    // with process 0 goes the store, from which further processes have yet to read the sentence
    boolean isAwaited = environment.rank() == 0 && environment.worldSize() > 2;
    long time = joined || isAwaited ? NOTICE_TIME.toNanos() : 0;
    return said == null || collectiveFailed || now - said.since() < time
        ? Optional.empty()
        : Optional.of(said.lost());
  }

  private Optional<String> lost(long since, long now) {
    long timeout = TIMEOUT.toNanos();
    if (finished.get(0) == 0 && now - Math.max(lastRound, since) > timeout) {
      return Optional.of(storeName() + " has not answered for " + TIMEOUT.toSeconds() + " s");
    }
    for (int rank = 0; rank < environment.worldSize(); rank++) {
      long changed = changedAt.get(rank);
      boolean missed = changed != 0 && now - Math.max(changed, since) > timeout;
      if (finished.get(rank) == 0 && missed) {
        return Optional.of(
            "process " + rank + " has sent no heartbeat for " + TIMEOUT.toSeconds() + " s");
      }
    }
    return Optional.empty();
  }

  private String storeStopped() {
    return storeName() + " has stopped";
  }

  private String storeName() {
    return environment.agentAttempt().isPresent()
        ? "torchrun's agent at " + environment.masterAddress() + ":" + environment.masterPort()
        : "process 0";
  }

  private long[] counts() {
    return IntStream.range(0, environment.worldSize())
        .mapToLong(rank -> reader.store().add(key(rank), 0))
        .toArray();
  }

  private static String failedKey(int rank) {
    return "failed/" + rank;
  }

  private static String mistakeKey(int rank) {
    return "mistake/" + rank;
  }

  private static String finishedKey(int rank) {
    return "finished/" + rank;
  }

  private static String key(int rank) {
    return "alive/" + rank;
  }
}
