package llava4j.train.distributed;

import java.time.Duration;

/// Tells the other processes of a run that this one ends before it has joined them. They wait for
/// it in [ConnectedProcesses#join], whose heartbeats read what is written here.
public final class EarlyFailure {
  private static final System.Logger LOGGER = System.getLogger(EarlyFailure.class.getName());
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final Duration POLL_INTERVAL = Duration.ofMillis(50);

  private EarlyFailure() {}

  /// Writes the reason to the store of the run; process 0 starts the store first, and keeps it
  /// until all others have read the reason. Returns after a minute at most, also where the others
  /// do not come.
  ///
  /// @param failure why this process ends
  public static void announce(LaunchEnvironment environment, RuntimeException failure) {
    if (environment.worldSize() > 1) {
      announce(environment, failure, PATIENCE);
    }
  }

  static void announce(LaunchEnvironment environment, RuntimeException failure, Duration patience) {
    long deadline = System.nanoTime() + patience.toNanos();
    try (RunStore store = RunStore.open(environment, patience)) {
      Heartbeats.writeFailure(store, environment.rank(), failure);
      boolean host = environment.rank() == 0 && environment.agentAttempt().isEmpty();
      int all = environment.worldSize(); // this one has said so
      while (host && Heartbeats.informed(store) < all && System.nanoTime() < deadline) {
        Thread.sleep(POLL_INTERVAL);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOGGER.log(System.Logger.Level.DEBUG, "nobody is there who could be told", e);
    }
  }
}
