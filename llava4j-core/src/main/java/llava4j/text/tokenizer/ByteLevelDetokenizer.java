package llava4j.text.tokenizer;

import java.util.function.IntFunction;
import llava4j.text.tokenizer.Utf8Assembler.Broken;

/// A streaming version of the byte-level decoder of a `tokenizer.json`: tokens are bytes in GPT-2's
/// letters, and all bytes together are UTF-8, with U+FFFD for invalid bytes. An incomplete
/// character is held back until its last byte.
final class ByteLevelDetokenizer implements StreamingDetokenizer {
  private final IntFunction<String> textToken;
  private final Utf8Assembler assembler = new Utf8Assembler(Broken.EACH_BEGINNING);

  /// @param textToken the token of an id; null for ids without text
  ByteLevelDetokenizer(IntFunction<String> textToken) {
    this.textToken = textToken;
  }

  @Override
  public String accept(int id) {
    String token = textToken.apply(id);
    StringBuilder text = new StringBuilder();
    if (token != null) {
      for (byte next : ByteLetters.bytes(token)) {
        text.append(assembler.accept(next & 0xFF));
      }
    }
    return text.toString();
  }

  @Override
  public String finish() {
    return assembler.finish();
  }
}
