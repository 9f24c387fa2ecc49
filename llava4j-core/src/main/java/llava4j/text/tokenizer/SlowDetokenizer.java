package llava4j.text.tokenizer;

import java.util.function.IntFunction;

/// A streaming version of `SentencePieceTokenizer`'s decoding: without special tokens, the text is
/// one segment, and its first piece loses its leading blank.
final class SlowDetokenizer implements StreamingDetokenizer {
  private final IntFunction<String> textPiece;
  private final PieceDecoder decoder;
  private boolean begun;

  /// @param textPiece the piece of an id; null for ids without text
  SlowDetokenizer(IntFunction<String> textPiece, PieceDecoder decoder) {
    this.textPiece = textPiece;
    this.decoder = decoder;
  }

  @Override
  public String accept(int id) {
    String piece = textPiece.apply(id);
    if (piece == null) {
      return "";
    }
    boolean first = !begun;
    begun = true;
    return decoder.accept(
        first && piece.startsWith(PieceDecoder.SPACE)
            ? piece.substring(PieceDecoder.SPACE.length())
            : piece);
  }

  @Override
  public String finish() {
    return decoder.finish();
  }
}
