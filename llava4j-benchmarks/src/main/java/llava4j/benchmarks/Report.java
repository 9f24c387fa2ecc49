package llava4j.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;

/// The figures of one benchmark, with the bars they are held against.
final class Report {
  private final SequencedMap<String, Double> figures = new LinkedHashMap<>();
  private final List<Bar> bars = new ArrayList<>();

  /// A figure and the limit it is to keep.
  record Bar(String figure, double value, Limit limit, double bound) {
    /// On which side of the bound the figure belongs.
    enum Limit {
      AT_MOST,
      AT_LEAST
    }

    boolean isMet() {
      return switch (limit) {
        case AT_MOST -> value <= bound;
        case AT_LEAST -> value >= bound;
      };
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%s %.3f, bar: %s %s: %s",
          figure,
          value,
          limit == Limit.AT_MOST ? "at most" : "at least",
          bound,
          isMet() ? "met" : "MISSED");
    }
  }

  /// Notes a figure.
  void figure(String name, double value) {
    figures.put(name, value);
  }

  /// Notes a figure that must not exceed `bound`.
  void atMost(String name, double value, double bound) {
    figure(name, value);
    bars.add(new Bar(name, value, Bar.Limit.AT_MOST, bound));
  }

  /// Notes a figure that must reach `bound`.
  void atLeast(String name, double value, double bound) {
    figure(name, value);
    bars.add(new Bar(name, value, Bar.Limit.AT_LEAST, bound));
  }

  SequencedMap<String, Double> figures() {
    return figures;
  }

  List<Bar> bars() {
    return List.copyOf(bars);
  }
}
