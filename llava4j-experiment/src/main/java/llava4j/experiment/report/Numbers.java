package llava4j.experiment.report;

import java.util.Locale;
import llava4j.experiment.judge.Estimate;

/// How numbers are written.
final class Numbers {
  private Numbers() {}

  static String plain(double value) {
    return String.format(Locale.ROOT, Math.abs(value) < 10 ? "%.2f" : "%.1f", value);
  }

  /// The mean, and its interval where there is one.
  static String estimate(Estimate found) {
    return found.bounded()
        ? "**"
            + plain(found.mean())
            + "** ("
            + plain(found.low())
            + " to "
            + plain(found.high())
            + ")"
        : "**" + plain(found.mean()) + "**";
  }
}
