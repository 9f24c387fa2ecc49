package llava4j.config;

import llava4j.error.BadInputException;

/// Checks the values of a configuration.
final class Checks {
  private Checks() {}

  static void positive(String what, long value) {
    if (value <= 0) {
      throw new BadInputException("config: " + what + " must be positive, not " + value);
    }
  }

  static void positive(String what, double value) {
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new BadInputException("config: " + what + " must be a positive number, not " + value);
    }
  }

  static void divides(String part, long partValue, String whole, long wholeValue) {
    if (wholeValue % partValue != 0) {
      throw new BadInputException(
          "config: "
              + whole
              + " ("
              + wholeValue
              + ") must be a multiple of "
              + part
              + " ("
              + partValue
              + ")");
    }
  }
}
