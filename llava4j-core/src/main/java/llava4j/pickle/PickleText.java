package llava4j.pickle;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/// Reads the different forms of texts in pickles. Python 2's byte strings are read as UTF-8 if they
/// are valid UTF-8, or else as Latin-1.
final class PickleText {
  private final ByteBuffer bytes;

  PickleText(ByteBuffer bytes) {
    this.bytes = bytes;
  }

  /// A text of this number of bytes.
  String ofLength(int length) {
    if (length < 0 || length > bytes.remaining()) {
      throw new IllegalArgumentException(
          "a text claims " + length + " bytes, but only " + bytes.remaining() + " are left");
    }
    byte[] text = new byte[length];
    bytes.get(text);
    return decode(text);
  }

  /// A text up to the end of the line, one character per byte.
  String line() {
    int start = bytes.position();
    while (bytes.get() != '\n') {
      // ends at the end of the line, or with an exception at the end of the buffer
    }
    byte[] line = new byte[bytes.position() - 1 - start];
    bytes.get(start, line);
    return new String(line, StandardCharsets.ISO_8859_1);
  }

  /// A line with a Python string literal: quotes, and escapes with backslashes.
  String quoted() {
    String line = line();
    char quote = line.isEmpty() ? 0 : line.charAt(0);
    if (line.length() < 2
        || (quote != '\'' && quote != '"')
        || line.charAt(line.length() - 1) != quote) {
      throw new IllegalArgumentException("a text lacks its quotes");
    }
    ByteBuffer plain = ByteBuffer.allocate(line.length());
    int at = 1;
    while (at < line.length() - 1) {
      char c = line.charAt(at++);
      if (c != '\\') {
        plain.put((byte) c);
        continue;
      }
      char escape = line.charAt(at++);
      switch (escape) {
        case 'n' -> plain.put((byte) '\n');
        case 't' -> plain.put((byte) '\t');
        case 'r' -> plain.put((byte) '\r');
        case 'x' -> {
          plain.put((byte) hex(line, at, 2));
          at += 2;
        }
        case '\\', '\'', '"' -> plain.put((byte) escape);
        default -> plain.put((byte) '\\').put((byte) escape);
      }
    }
    byte[] text = new byte[plain.position()];
    plain.flip().get(text);
    return decode(text);
  }

  /// A line in which characters beyond Latin-1 are written as their numbers.
  String escaped() {
    String line = line();
    StringBuilder text = new StringBuilder(line.length());
    int at = 0;
    while (at < line.length()) {
      boolean number = line.charAt(at) == '\\' && at + 1 < line.length();
      int digits =
          switch (number ? line.charAt(at + 1) : 0) {
            case 'u' -> 4;
            case 'U' -> 8;
            default -> 0;
          };
      if (digits > 0) {
        text.appendCodePoint(hex(line, at + 2, digits));
        at += 2 + digits;
      } else {
        text.append(line.charAt(at++));
      }
    }
    return text.toString();
  }

  private static int hex(String line, int at, int digits) {
    if (at + digits > line.length()) {
      throw new IllegalArgumentException("a text ends within an escape");
    }
    return Integer.parseInt(line, at, at + digits, 16);
  }

  private static String decode(byte[] text) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text)).toString();
    } catch (CharacterCodingException e) {
      return new String(text, StandardCharsets.ISO_8859_1);
    }
  }
}
