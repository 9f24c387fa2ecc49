package llava4j.eval.task;

import java.util.Optional;
import java.util.regex.Pattern;

/// Numbers in a judge's words.
final class Verdict {
  private static final Pattern DECIMAL = Pattern.compile("[+-]?(\\d+\\.?\\d*|\\.\\d+)");

  private Verdict() {}

  /// A plain decimal number; Java reads more as numbers than judges mean.
  static Optional<Double> number(String text) {
    String stripped = text.strip();
    return DECIMAL.matcher(stripped).matches()
        ? Optional.of(Double.parseDouble(stripped))
        : Optional.empty();
  }
}
