package llava4j.text.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// GPT-2's letters for bytes: printable bytes are the same letter, the others are U+0100 and
/// following.
final class ByteLetters {
  private static final char[] LETTERS = letters();
  private static final int[] BYTES = bytesOfLetters();

  private ByteLetters() {}

  private static char[] letters() {
    char[] letters = new char[256];
    char next = 0x100;
    for (int value = 0; value < 256; value++) {
      boolean printable =
          (value >= '!' && value <= '~') || (value >= 0xA1 && value <= 0xAC) || value >= 0xAE;
      letters[value] = printable ? (char) value : next++;
    }
    return letters;
  }

  private static int[] bytesOfLetters() {
    int[] bytes = new int[0x200];
    Arrays.fill(bytes, -1);
    for (int value = 0; value < 256; value++) {
      bytes[LETTERS[value]] = value;
    }
    return bytes;
  }

  /// The letter of a byte.
  static String letter(int value) {
    return String.valueOf(LETTERS[value]);
  }

  /// The bytes of a token. A token with any other letter is an added token and is decoded as its
  /// own text.
  static byte[] bytes(String token) {
    byte[] bytes = new byte[token.length()];
    for (int i = 0; i < bytes.length; i++) {
      char letter = token.charAt(i);
      if (letter >= BYTES.length || BYTES[letter] < 0) {
        return token.getBytes(StandardCharsets.UTF_8);
      }
      bytes[i] = (byte) BYTES[letter];
    }
    return bytes;
  }
}
