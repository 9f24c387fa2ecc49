package llava4j.constraint.regex;

/// How far a decimal number has been read that must be a multiple of another.
///
/// @param divisor the other number times ten to the power of `digits`
/// @param digits decimals of the other number
/// @param remainder of what has been read, in units of the last digit read
/// @param phase where the reading stands
/// @param read decimals that have been read, in the phase of decimals
record Multiple(int divisor, int digits, int remainder, Phase phase, int read) {

  /// Part of the number.
  enum Phase {
    START,
    SIGN,
    ZERO,
    WHOLE,
    POINT,
    DECIMALS
  }

  boolean isNullable() {
    if (phase == Phase.START || phase == Phase.SIGN || phase == Phase.POINT) {
      return false;
    }
    long value = remainder;
    for (int i = Math.min(read, digits); i < digits; i++) {
      value = value * 10 % divisor;
    }
    return value == 0;
  }

  /// What follows a character; null if it cannot stand here.
  Multiple after(int codePoint) {
    if (codePoint == '-') {
      return phase == Phase.START ? in(Phase.SIGN) : null;
    }
    if (codePoint == '.') {
      return phase == Phase.ZERO || phase == Phase.WHOLE ? in(Phase.POINT) : null;
    }
    if (codePoint < '0' || codePoint > '9') {
      return null;
    }
    int digit = codePoint - '0';
    return switch (phase) {
      case START, SIGN -> with(digit, digit == 0 ? Phase.ZERO : Phase.WHOLE, 0);
      case WHOLE -> with(digit, Phase.WHOLE, 0);
      case ZERO -> null;
      case POINT, DECIMALS -> {
        if (read < digits) {
          yield with(digit, Phase.DECIMALS, read + 1);
        }
        yield digit == 0 ? in(Phase.DECIMALS) : null;
      }
    };
  }

  private Multiple with(int digit, Phase next, int decimals) {
    int value = (int) ((remainder * 10L + digit) % divisor);
    return new Multiple(divisor, digits, value, next, decimals);
  }

  private Multiple in(Phase next) {
    return new Multiple(divisor, digits, remainder, next, read);
  }
}
