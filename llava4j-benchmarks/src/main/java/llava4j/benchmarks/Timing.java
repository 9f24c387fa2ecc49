package llava4j.benchmarks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// Durations of a task in milliseconds, in the order of measurement.
record Timing(double[] milliseconds) {

  /// Times several tasks in turns, so that other processes or a changing clock rate affect all of
  /// them equally. Each first runs `warmUps` times.
  static List<Timing> alternately(int warmUps, int repeats, Runnable... works) {
    for (int round = 0; round < warmUps; round++) {
      for (Runnable work : works) {
        work.run();
      }
    }
    List<Timing> timings = new ArrayList<>();
    for (int i = 0; i < works.length; i++) {
      timings.add(new Timing(new double[repeats]));
    }
    for (int round = 0; round < repeats; round++) {
      for (int i = 0; i < works.length; i++) {
        long start = System.nanoTime();
        works[i].run();
        timings.get(i).milliseconds[round] = (System.nanoTime() - start) / 1e6;
      }
    }
    return timings;
  }

  double median() {
    double[] sorted = milliseconds.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  double best() {
    return Arrays.stream(milliseconds).min().orElseThrow();
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "median %.2f ms, best %.2f, worst %.2f (%d times)",
        median(),
        best(),
        Arrays.stream(milliseconds).max().orElseThrow(),
        milliseconds.length);
  }
}
