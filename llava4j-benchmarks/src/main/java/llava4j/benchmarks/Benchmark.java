package llava4j.benchmarks;

import java.io.PrintWriter;

/// One measurement.
interface Benchmark {

  /// The word that starts it.
  String name();

  /// What is measured against what, and the bar, in one line.
  String description();

  /// Measures, tells of it as it goes, and checks that the measured work gave the right answer.
  ///
  /// @param repeats how often each side is timed
  /// @throws WrongAnswerException if the work was fast but wrong
  Report run(int repeats, PrintWriter out);

  /// A measured program computed something wrong.
  final class WrongAnswerException extends RuntimeException {
    WrongAnswerException(String message) {
      super(message);
    }
  }

  /// Fails unless `right`.
  static void check(boolean right, String claim, PrintWriter out) {
    if (!right) {
      throw new WrongAnswerException("wrong answer: it does not hold that " + claim);
    }
    out.println("  checked: " + claim);
  }
}
