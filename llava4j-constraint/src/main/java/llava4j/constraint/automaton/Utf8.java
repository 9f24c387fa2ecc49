package llava4j.constraint.automaton;

/// A code point of which the first bytes have been read.
///
/// @param bits the bits so far
/// @param missing bytes that are missing
/// @param low the lowest code point that the next bytes can make
record Utf8(int bits, int missing, int low) {

  /// After a first byte of several; null if no such code point begins with it.
  static Utf8 begin(int value) {
    if (value >= 0xC2 && value <= 0xDF) {
      return new Utf8(value & 0x1F, 1, 0x80);
    }
    if (value >= 0xE0 && value <= 0xEF) {
      return new Utf8(value & 0x0F, 2, 0x800);
    }
    if (value >= 0xF0 && value <= 0xF4) {
      return new Utf8(value & 0x07, 3, 0x10000);
    }
    return null;
  }

  /// After one more byte; null if it does not continue a code point.
  Utf8 after(int value) {
    return (value & 0xC0) == 0x80 ? new Utf8(bits << 6 | (value & 0x3F), missing - 1, low) : null;
  }

  /// The lowest code point that may still come of it.
  int first() {
    return Math.max(low, bits << (6 * missing));
  }

  /// The highest code point that may still come of it.
  int last() {
    return Math.min(0x10FFFF, ((bits + 1) << (6 * missing)) - 1);
  }
}
