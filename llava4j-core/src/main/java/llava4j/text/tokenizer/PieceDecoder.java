package llava4j.text.tokenizer;

import java.util.Map;
import llava4j.text.tokenizer.SentencePieceModel.Piece;
import llava4j.text.tokenizer.SentencePieceModel.PieceType;

/// Joins pieces to text like `SentencePieceProcessor::Decode`: the dummy prefix is removed, runs of
/// byte pieces are UTF-8, and each invalid byte becomes U+FFFD.
///
/// Returns text as soon as no later piece can change it, so the same code is used for whole texts
/// and for streams.
final class PieceDecoder {
  static final String SPACE = "▁";

  private final Map<String, Piece> pieces;
  private final boolean dropsDummyPrefix;
  private final Utf8Assembler bytes = new Utf8Assembler();
  private boolean textSeen;
  private boolean dummyPrefixSeen;

  PieceDecoder(Map<String, Piece> pieces, boolean dropsDummyPrefix) {
    this.pieces = pieces;
    this.dropsDummyPrefix = dropsDummyPrefix;
  }

  /// Adds the next piece and returns the text that is final now.
  String accept(String pieceText) {
    Piece piece = pieces.get(pieceText);
    if (piece != null && piece.type() == PieceType.BYTE) {
      textSeen = true;
      return bytes.accept(Utf8Assembler.byteOf(pieceText));
    }
    String settled = bytes.finish();
    String text = "";
    if (piece == null || piece.type() == PieceType.UNKNOWN) {
      text = piece == null ? pieceText : " ⁇ ";
    } else if (piece.type() != PieceType.CONTROL) {
      boolean first = !textSeen && !dummyPrefixSeen;
      dummyPrefixSeen = first && dropsDummyPrefix && pieceText.startsWith(SPACE);
      text = (dummyPrefixSeen ? pieceText.substring(1) : pieceText).replace(SPACE, " ");
    }
    textSeen |= !text.isEmpty();
    return settled + text;
  }

  /// The remaining text at the end.
  String finish() {
    return bytes.finish();
  }
}
