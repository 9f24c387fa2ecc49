package llava4j.text;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import llava4j.text.SentencePieceModel.Piece;
import llava4j.text.SentencePieceModel.PieceType;

/// Joins pieces to text as `SentencePieceProcessor::Decode` does: the dummy prefix falls away, runs
/// of byte pieces are UTF-8, and each byte that is not becomes U+FFFD.
final class PieceDecoder {
  static final String SPACE = "▁";

  private final Map<String, Piece> pieces;
  private final boolean dropsDummyPrefix;
  private final StringBuilder text = new StringBuilder();
  private final ByteArrayOutputStream byteRun = new ByteArrayOutputStream();
  private boolean dummyPrefixSeen;

  PieceDecoder(Map<String, Piece> pieces, boolean dropsDummyPrefix) {
    this.pieces = pieces;
    this.dropsDummyPrefix = dropsDummyPrefix;
  }

  void add(String pieceText) {
    Piece piece = pieces.get(pieceText);
    if (piece != null && piece.type() == PieceType.BYTE) {
      byteRun.write(Integer.parseInt(pieceText.substring(3, 5), 16)); // "<0x41>"
      return;
    }
    endByteRun();
    if (piece == null || piece.type() == PieceType.UNKNOWN) {
      text.append(piece == null ? pieceText : " ⁇ ");
    } else if (piece.type() != PieceType.CONTROL) {
      boolean first = text.isEmpty() && !dummyPrefixSeen;
      dummyPrefixSeen = first && dropsDummyPrefix && pieceText.startsWith(SPACE);
      text.append((dummyPrefixSeen ? pieceText.substring(1) : pieceText).replace(SPACE, " "));
    }
  }

  String finish() {
    endByteRun();
    return text.toString();
  }

  private void endByteRun() {
    if (byteRun.size() > 0) {
      text.append(decodeUtf8(byteRun.toByteArray()));
      byteRun.reset();
    }
  }

  /// UTF-8 with one U+FFFD per byte that starts no sound character, where Java puts one per broken
  /// sequence.
  static String decodeUtf8(byte[] bytes) {
    StringBuilder decoded = new StringBuilder();
    int at = 0;
    while (at < bytes.length) {
      int length = soundLength(bytes, at);
      if (length == 0) {
        decoded.append('�');
        at++;
      } else {
        decoded.append(new String(bytes, at, length, StandardCharsets.UTF_8));
        at += length;
      }
    }
    return decoded.toString();
  }

  /// Bytes of the sound character that starts here; 0 for none.
  private static int soundLength(byte[] bytes, int at) {
    int lead = bytes[at] & 0xFF;
    int length =
        lead < 0x80 ? 1 : lead < 0xC0 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF8 ? 4 : 0;
    if (length <= 1 || at + length > bytes.length) {
      return length == 1 ? 1 : 0;
    }
    int codePoint = lead & (0x7F >> length);
    for (int i = 1; i < length; i++) {
      if ((bytes[at + i] & 0xC0) != 0x80) {
        return 0;
      }
      codePoint = (codePoint << 6) | (bytes[at + i] & 0x3F);
    }
    int smallest = length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000;
    boolean surrogate = codePoint >= 0xD800 && codePoint < 0xE000;
    return codePoint < smallest || codePoint > 0x10FFFF || surrogate ? 0 : length;
  }
}
