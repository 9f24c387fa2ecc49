package llava4j.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;

/// The results of one benchmark, with their required limits.
final class Report {
  private final SequencedMap<String, Double> figures = new LinkedHashMap<>();
  private final List<Bar> bars = new ArrayList<>();

  /// A result and its limit.
  record Bar(String figure, double value, Limit limit, double bound) {
    /// Whether the limit is a maximum or a minimum.
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

  /// Records a result.
  void figure(String name, double value) {
    figures.put(name, value);
  }

  /// Records a result that must not exceed `bound`.
  void atMost(String name, double value, double bound) {
    figure(name, value);
    bars.add(new Bar(name, value, Bar.Limit.AT_MOST, bound));
  }

  /// Records a result that must reach `bound`.
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
