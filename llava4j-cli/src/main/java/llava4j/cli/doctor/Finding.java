package llava4j.cli.doctor;

import java.util.List;

/// What a check found about one thing.
sealed interface Finding {
  /// What was found, without a full stop.
  String text();

  /// All is well.
  ///
  /// @param figures what was measured, for the JSON form
  record Good(String text, List<Figure> figures) implements Finding {
    public Good {
      figures = List.copyOf(figures);
    }
  }

  /// Answers are right, but slower than they could be, or not as reproducible.
  ///
  /// @param remedy what to do
  record Advice(String text, String remedy) implements Finding {}

  /// Something is broken.
  ///
  /// @param remedy what to do
  record Fault(String text, String remedy) implements Finding {}

  /// What this machine or this installation does not have. No fault.
  record NotRun(String text) implements Finding {}

  /// A number.
  ///
  /// @param name with its unit, such as `seconds`
  record Figure(String name, double value) {}

  /// All is well, and nothing was measured.
  static Finding good(String text) {
    return new Good(text, List.of());
  }
}
