package llava4j.benchmarks;

/// Compares computed numbers.
final class Answers {
  private Answers() {}

  /// The Euclidean norm of the difference divided by that of `expected`; infinite for NaN.
  static double relativeDifference(float[] expected, float[] found) {
    if (expected.length != found.length) {
      return Double.POSITIVE_INFINITY;
    }
    double difference = 0;
    double length = 0;
    for (int i = 0; i < expected.length; i++) {
      double apart = (double) expected[i] - found[i];
      difference += apart * apart;
      length += (double) expected[i] * expected[i];
    }
    double ratio = Math.sqrt(difference / length);
    return Double.isNaN(ratio) ? Double.POSITIVE_INFINITY : ratio;
  }
}
