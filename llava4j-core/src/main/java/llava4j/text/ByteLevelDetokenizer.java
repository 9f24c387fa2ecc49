package llava4j.text;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.function.IntFunction;

/// Streams what a `tokenizer.json` with a byte-level decoder gives: tokens are bytes in GPT-2's
/// letters, and all bytes together are UTF-8, with U+FFFD for what is not. The beginning of a
/// character is held back until its end comes.
final class ByteLevelDetokenizer implements StreamingDetokenizer {
  private static final int LONGEST_BEGINNING = 3; // bytes of an unfinished character

  private final IntFunction<String> textToken;
  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE);
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
    String rest = decode(new byte[0], true);
    decoder.reset();
    return rest;
  }

  private String decode(byte[] more, boolean last) {
    ByteBuffer bytes = ByteBuffer.allocate(held.length + more.length).put(held).put(more).flip();
    CharBuffer text = CharBuffer.allocate(bytes.remaining() + LONGEST_BEGINNING);
    decoder.decode(bytes, text, last);
    if (last) {
      decoder.flush(text);
    }
    held = new byte[bytes.remaining()];
    bytes.get(held);
    return text.flip().toString();
  }
}
