package llava4j.model.kernel;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/// Times several things that take turns, so that what else the machine does falls on all alike.
///
/// @param clock nanoseconds
/// @param allocated bytes of the heap that the calling thread has allocated so far
record Race(LongSupplier clock, LongSupplier allocated) {
  private static final int LEAST_ROUNDS = 3;
  private static final long TIMED_NANOS = 80_000_000;
  private static final long MOST_WARM_NANOS = 3_000_000_000L;

  /// Until Java has compiled a kernel of the Vector API, each of its vectors is an object.
  private static final long COMPILED_BYTES = 256 << 10;

  /// Repeats things until Java has compiled them, which is a hundred times faster than what it
  /// interprets.
  void warm(Collection<Runnable> runners) {
    long started = clock.getAsLong();
    boolean compiled;
    do {
      compiled = true;
      for (Runnable runner : runners) {
        long before = allocated.getAsLong();
        runner.run();
        compiled &= allocated.getAsLong() - before < COMPILED_BYTES;
      }
    } while (!compiled && clock.getAsLong() - started < MOST_WARM_NANOS);
  }

  /// The least seconds of each.
  <K> Map<K, Double> times(Map<K, Runnable> runners) {
    runners.values().forEach(Runnable::run);
    Map<K, Double> least = new LinkedHashMap<>();
    long started = clock.getAsLong();
    for (int round = 0;
        round < LEAST_ROUNDS || clock.getAsLong() - started < TIMED_NANOS;
        round++) {
      runners.forEach((name, runner) -> {
        long start = clock.getAsLong();
        runner.run();
        least.merge(name, (clock.getAsLong() - start) / 1e9, Math::min);
      });
    }
    return least;
  }
}
