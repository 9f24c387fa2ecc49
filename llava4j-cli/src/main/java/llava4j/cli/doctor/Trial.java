package llava4j.cli.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import llava4j.cli.doctor.Finding.Fault;
import llava4j.cli.doctor.Finding.Figure;
import llava4j.cli.doctor.Finding.Good;

/// Compares the numbers of one kernel with those of its plain twin, and times it.
final class Trial {
  private final String kernel;
  private final String remedy;
  private final List<Figure> figures = new ArrayList<>();
  private Optional<String> difference = Optional.empty();
  private String speed = "";
  private long compared;

  /// @param kernel what it is, for the report
  /// @param remedy what to do if it is wrong
  Trial(String kernel, String remedy) {
    this.kernel = kernel;
    this.remedy = remedy;
  }

  /// Compares one number.
  ///
  /// @param allowed the largest difference that rounding explains
  /// @param where the case, for the report
  void expect(double found, double exact, double allowed, String where) {
    compared++;
    boolean differs = !(Math.abs(found - exact) <= allowed); // NaN, too
    if (differs && difference.isEmpty()) {
      difference =
          Optional.of(String.format(Locale.ROOT, "%s: %.9g instead of %.9g", where, found, exact));
    }
  }

  /// Notes a speed.
  ///
  /// @param what is done, such as `11008 x 4096`
  /// @param amount per call, in units of `unit` a second
  void timed(String what, double seconds, double amount, String unit) {
    figures.add(new Figure("seconds", seconds));
    figures.add(new Figure(unit.replace('/', '_').replace("_s", "_per_second"), amount / seconds));
    speed =
        String.format(
            Locale.ROOT, "; %s in %.2f ms, %.1f %s", what, seconds * 1e3, amount / seconds, unit);
  }

  /// The shortest of several calls, in seconds. Java compiles the kernel during the first ones.
  static double best(int rounds, Runnable call) {
    double best = Double.POSITIVE_INFINITY;
    for (int round = 0; round < rounds; round++) {
      long start = System.nanoTime();
      call.run();
      best = Math.min(best, (System.nanoTime() - start) / 1e9);
    }
    return best;
  }

  /// What came out.
  Finding finding() {
    if (difference.isPresent()) {
      return new Fault(
          kernel + " computes wrong numbers (" + difference.get() + ")",
          remedy + ", and report this as a bug in llava with the output of 'llava doctor --json'");
    }
    return new Good(kernel + " equals plain loops in " + compared + " numbers" + speed, figures);
  }
}
