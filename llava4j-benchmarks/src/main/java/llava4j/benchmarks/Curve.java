package llava4j.benchmarks;

import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// Seconds of an operation by its size, measured at some sizes. Between them, and beyond them, a
/// power of the size.
///
/// @param seconds by size, at least two
record Curve(NavigableMap<Double, Double> seconds) {
  Curve {
    seconds = new TreeMap<>(seconds);
    if (seconds.size() < 2) {
      throw new IllegalArgumentException("a curve needs two points: " + seconds);
    }
  }

  /// Reads what [#toString] writes.
  static Curve parse(String text) {
    NavigableMap<Double, Double> points = new TreeMap<>();
    for (String point : text.split(",", -1)) {
      String[] parts = point.split("=", -1);
      points.put(Double.parseDouble(parts[0]), Double.parseDouble(parts[1]));
    }
    return new Curve(points);
  }

  /// Seconds at a size.
  double at(double size) {
    double wanted = Math.max(size, seconds.firstKey()); // a smaller one costs as much to start
    Map.Entry<Double, Double> low = seconds.floorEntry(wanted);
    Map.Entry<Double, Double> high = seconds.higherEntry(wanted);
    if (high == null) {
      return low.getValue() * wanted / low.getKey();
    }
    double share = Math.log(wanted / low.getKey()) / Math.log(high.getKey() / low.getKey());
    return low.getValue() * Math.pow(high.getValue() / low.getValue(), share);
  }

  @Override
  public String toString() {
    return seconds.entrySet().stream()
        .map(point -> point.getKey() + "=" + point.getValue())
        .collect(Collectors.joining(","));
  }
}
