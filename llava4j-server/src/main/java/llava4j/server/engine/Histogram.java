package llava4j.server.engine;

import java.util.Locale;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;

/// Counts durations by size, for Prometheus.
final class Histogram {
  private final String name;
  private final String help;
  private final double[] bounds;
  private final LongAdder[] counts;
  private final DoubleAdder sum = new DoubleAdder();

  /// @param bounds upper ones, in seconds, rising
  Histogram(String name, String help, double... bounds) {
    this.name = name;
    this.help = help;
    this.bounds = bounds.clone();
    this.counts = new LongAdder[bounds.length + 1];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = new LongAdder();
    }
  }

  void add(long nanos) {
    double seconds = nanos / 1e9;
    int bucket = 0;
    while (bucket < bounds.length && seconds > bounds[bucket]) {
      bucket++;
    }
    counts[bucket].increment();
    sum.add(seconds);
  }

  /// The mean in seconds; 0 if there is none.
  double mean() {
    long count = 0;
    for (LongAdder one : counts) {
      count += one.sum();
    }
    return count == 0 ? 0 : sum.sum() / count;
  }

  void writeTo(MetricsPage page, MetricsPage.Labels labels) {
    long total = 0;
    for (int i = 0; i < counts.length; i++) {
      total += counts[i].sum();
      String bound = i < bounds.length ? String.valueOf(bounds[i]) : "+Inf";
      sample(page, "_bucket" + labels.and("le", bound), String.valueOf(total));
    }
    sample(page, "_sum" + labels, String.format(Locale.ROOT, "%.6f", sum.sum()));
    sample(page, "_count" + labels, String.valueOf(total));
  }

  private void sample(MetricsPage page, String end, String value) {
    page.line(name, help, "histogram", name + end, value);
  }
}
