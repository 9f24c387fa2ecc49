package llava4j.eval.task;

import java.util.Optional;
import java.util.regex.Pattern;

/// Parses the numbers in a judge's reply.
final class Verdict {
  private static final Pattern DECIMAL = Pattern.compile("[+-]?(\\d+\\.?\\d*|\\.\\d+)");

  private Verdict() {}

  /// A plain decimal number; Java would parse other texts as numbers too.
  static Optional<Double> number(String text) {
    String stripped = text.strip();
    return DECIMAL.matcher(stripped).matches()
        ? Optional.of(Double.parseDouble(stripped))
        : Optional.empty();
  }
}
