package llava4j.checkpoint.hub;

import java.time.Duration;
import java.util.random.RandomGenerator;

/// The waiting times of a client.
///
/// @param firstPause before a failed request is repeated; doubles each time
/// @param silence time without a byte after which a connection is considered lost
/// @param random varies the pauses, so that many clients do not retry at the same time
record HubPatience(Duration firstPause, Duration silence, Sleeper sleeper, RandomGenerator random) {
  private static final Duration SILENCE = Duration.ofSeconds(60);
  private static final Duration LONGEST = Duration.ofSeconds(60);
  private static final int MOST_DOUBLINGS = 10;

  /// Waits.
  @FunctionalInterface
  interface Sleeper {
    void sleep(Duration pause) throws InterruptedException;
  }

  static HubPatience of(Duration firstPause) {
    return new HubPatience(firstPause, SILENCE, Thread::sleep, RandomGenerator.getDefault());
  }

  /// The pause after a number of failures in a row, between three quarters and five quarters of its
  /// nominal length.
  Duration pause(int failures) {
    int doublings = Math.clamp(failures - 1L, 0, MOST_DOUBLINGS);
    Duration nominal = firstPause.multipliedBy(1L << doublings);
    Duration bounded = nominal.compareTo(LONGEST) > 0 ? LONGEST : nominal;
    return Duration.ofNanos((long) (bounded.toNanos() * (0.75 + 0.5 * random.nextDouble())));
  }

  void sleep(Duration pause) {
    try {
      sleeper.sleep(pause);
    } catch (InterruptedException e) {
      throw HubHttp.interrupted(e);
    }
  }
}
