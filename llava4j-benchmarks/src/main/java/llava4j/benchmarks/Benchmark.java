package llava4j.benchmarks;

import java.io.PrintWriter;

/// One measurement.
interface Benchmark {

  /// Its name on the command line.
  String name();

  /// One line: what is measured, what it is compared with, and the required ratio.
  String description();

  /// Measures, prints results, and checks that the measured work gave the right result.
  ///
  /// @param repeats number of timed runs of each side
  /// @throws WrongAnswerException if the work was fast but wrong
  Report run(int repeats, PrintWriter out);

  /// The measured work gave a wrong result.
  final class WrongAnswerException extends RuntimeException {
    WrongAnswerException(String message) {
      super(message);
    }
  }

  /// Fails if `right` is false.
  static void check(boolean right, String claim, PrintWriter out) {
    if (!right) {
      throw new WrongAnswerException("wrong answer, this is not true: " + claim);
    }
    out.println("  checked: " + claim);
  }
}
