package llava4j.text.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.function.IntFunction;

/// A streaming version of LLaMA's decoder of a `tokenizer.json`: blanks for the blank sign, runs of
/// byte tokens as UTF-8, one leading blank removed.
///
/// That decoder replaces a whole run of byte tokens with U+FFFD if any byte is invalid, so a run is
/// held back until it ends; a newline is a run of one byte token.
final class FastDetokenizer implements StreamingDetokenizer {
  private final IntFunction<String> textToken;
  private final ByteArrayOutputStream byteRun = new ByteArrayOutputStream();
  private boolean begun;

  /// @param textToken the token of an id; null for ids without text
  FastDetokenizer(IntFunction<String> textToken) {
    this.textToken = textToken;
  }

  @Override
  public String accept(int id) {
    String token = textToken.apply(id);
    if (token == null) {
      return "";
    }
    int value = Utf8Assembler.byteOf(token);
    if (value >= 0) {
      byteRun.write(value);
      return "";
    }
    return withoutFirstBlank(byteRunText() + token.replace(PieceDecoder.SPACE, " "));
  }

  @Override
  public String finish() {
    return withoutFirstBlank(byteRunText());
  }

  private String withoutFirstBlank(String text) {
    boolean first = !begun && !text.isEmpty();
    begun |= first;
    return first && text.charAt(0) == ' ' ? text.substring(1) : text;
  }

  private String byteRunText() {
    byte[] run = byteRun.toByteArray();
    byteRun.reset();
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(run)).toString();
    } catch (CharacterCodingException _) {
      return "\uFFFD".repeat(run.length);
    }
  }
}
