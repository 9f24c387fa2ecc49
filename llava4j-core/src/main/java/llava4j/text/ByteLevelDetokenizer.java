package llava4j.text;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.IntFunction;

/// Streams what a `tokenizer.json` with a byte-level decoder gives: tokens are bytes in GPT-2's
/// letters, and all bytes together are UTF-8. What is not becomes U+FFFD, one for each longest
/// beginning of a character (as Rust's `from_utf8_lossy`; Java's decoder counts surrogates
/// otherwise). The beginning of a character is held back until its end comes.
final class ByteLevelDetokenizer implements StreamingDetokenizer {
  private final IntFunction<String> textToken;
  private byte[] held = new byte[0];

  /// @param textToken the token of an id; null for ids that give no text
  ByteLevelDetokenizer(IntFunction<String> textToken) {
    this.textToken = textToken;
  }

  @Override
  public String accept(int id) {
    String token = textToken.apply(id);
    return token == null ? "" : decode(ByteLetters.bytes(token), false);
  }

  @Override
  public String finish() {
    return decode(new byte[0], true);
  }

  private String decode(byte[] more, boolean last) {
    byte[] bytes = Arrays.copyOf(held, held.length + more.length);
    System.arraycopy(more, 0, bytes, held.length, more.length);
    StringBuilder text = new StringBuilder();
    int at = 0;
    while (at < bytes.length) {
      int wanted = length(bytes[at] & 0xFF);
      int found = 1;
      while (found < wanted
          && at + found < bytes.length
          && continues(bytes[at] & 0xFF, found, bytes[at + found] & 0xFF)) {
        found++;
      }
      if (found < wanted && at + found == bytes.length && !last) {
        break;
      }
      text.append(
          found == wanted ? new String(bytes, at, wanted, StandardCharsets.UTF_8) : "\uFFFD");
      at += found;
    }
    held = Arrays.copyOfRange(bytes, at, bytes.length);
    return text.toString();
  }

  /// Bytes of the character that begins with this one; 0 if none does.
  private static int length(int first) {
    if (first < 0x80) {
      return 1;
    }
    if (first < 0xC2 || first > 0xF4) {
      return 0;
    }
    return first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  }

  /// Whether a byte may stand at a place of the character that begins with `first`.
  private static boolean continues(int first, int place, int next) {
    int lowest = 0x80;
    int highest = 0xBF;
    if (place == 1) {
      lowest = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
      highest = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    }
    return next >= lowest && next <= highest;
  }
}
