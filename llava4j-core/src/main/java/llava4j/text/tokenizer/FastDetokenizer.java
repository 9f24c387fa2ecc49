package llava4j.text.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.function.IntFunction;

/// Streams what a `tokenizer.json` with LLaMA's decoder gives: blanks for their sign, runs of byte
/// tokens as UTF-8, one blank off the front.
///
/// That decoder turns a whole run of byte tokens into U+FFFD if any of them is wrong, so a run is
/// held back until it ends; a newline is such a run of one.
final class FastDetokenizer implements StreamingDetokenizer {
  private final IntFunction<String> textToken;
  private final ByteArrayOutputStream byteRun = new ByteArrayOutputStream();
  private boolean begun;

  /// @param textToken the token of an id; null for ids that give no text
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
