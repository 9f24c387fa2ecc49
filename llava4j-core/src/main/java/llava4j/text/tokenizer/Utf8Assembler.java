package llava4j.text.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Converts single bytes to text. Returns a character as soon as no later byte can change it.
final class Utf8Assembler {
  /// How invalid bytes are decoded.
  enum Broken {
    /// Each byte is one U+FFFD, as in SentencePiece.
    EACH_BYTE,
    /// Each longest prefix of a character is one U+FFFD, as in Rust's `from_utf8_lossy`.
    EACH_BEGINNING
  }

  private static final String REPLACEMENT = "\uFFFD";

  private final byte[] pending = new byte[4];
  private final Broken broken;
  private int numPending;

  Utf8Assembler() {
    this(Broken.EACH_BYTE);
  }

  Utf8Assembler(Broken broken) {
    this.broken = broken;
  }

  /// The byte of a piece such as `<0x0A>`; -1 for other pieces.
  static int byteOf(String piece) {
    if (piece.length() != 6 || !piece.startsWith("<0x") || piece.charAt(5) != '>') {
      return -1;
    }
    int high = Character.digit(piece.charAt(3), 16);
    int low = Character.digit(piece.charAt(4), 16);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
  }

  /// Whether there are bytes of an incomplete character.
  boolean isPending() {
    return numPending > 0;
  }

  /// Adds a byte and returns the text that is final now.
  String accept(int next) {
    pending[numPending++] = (byte) next;
    StringBuilder settled = new StringBuilder();
    while (numPending > 0) {
      int wanted = length(pending[0] & 0xFF);
      if (wanted == 0 || !isPossible(wanted)) {
        settled.append(REPLACEMENT);
        drop(brokenBytes(numPending - 1));
      } else if (numPending == wanted) {
        settled.append(new String(pending, 0, wanted, StandardCharsets.UTF_8));
        drop(wanted);
      } else {
        break;
      }
    }
    return settled.toString();
  }

  /// Ends the run of bytes: an incomplete character is invalid.
  String finish() {
    String rest = numPending == 0 ? "" : REPLACEMENT.repeat(numPending / brokenBytes(numPending));
    numPending = 0;
    return rest;
  }

  /// The number of incomplete bytes that become one U+FFFD, if `beginning` of them are a valid
  /// prefix.
  private int brokenBytes(int beginning) {
    return switch (broken) {
      case EACH_BYTE -> 1;
      case EACH_BEGINNING -> Math.max(1, beginning);
    };
  }

  /// The text of a whole run of bytes.
  static String decode(byte[] bytes) {
    Utf8Assembler assembler = new Utf8Assembler();
    StringBuilder text = new StringBuilder();
    for (byte next : bytes) {
      text.append(assembler.accept(next));
    }
    return text.append(assembler.finish()).toString();
  }

  private void drop(int count) {
    byte[] rest = Arrays.copyOfRange(pending, count, numPending);
    System.arraycopy(rest, 0, pending, 0, rest.length);
    numPending = rest.length;
  }

  private static int length(int lead) {
    if (lead < 0x80) {
      return 1;
    }
    if (lead < 0xC2 || lead > 0xF4) {
      return 0; // a continuation, an overlong form, or beyond Unicode
    }
    return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  }

  /// Whether the incomplete bytes can be the prefix of a character of this length (Unicode, table
  /// 3-7).
  private boolean isPossible(int wanted) {
    for (int i = 1; i < Math.min(numPending, wanted); i++) {
      int value = pending[i] & 0xFF;
      int lowest = 0x80;
      int highest = 0xBF;
      if (i == 1) {
        switch (pending[0] & 0xFF) {
          case 0xE0 -> lowest = 0xA0;
          case 0xED -> highest = 0x9F; // no surrogates
          case 0xF0 -> lowest = 0x90;
          case 0xF4 -> highest = 0x8F;
          default -> {}
        }
      }
      if (value < lowest || value > highest) {
        return false;
      }
    }
    return true;
  }
}
