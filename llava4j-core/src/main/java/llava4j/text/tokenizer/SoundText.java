package llava4j.text.tokenizer;

/// Makes text valid for both native libraries: they read UTF-8, in which half a surrogate pair
/// cannot be encoded.
final class SoundText {
  private SoundText() {}

  /// The text with U+FFFD for each half surrogate pair; the same object if there is none.
  static String of(String text) {
    StringBuilder changed = null;
    int at = 0;
    while (at < text.length()) {
      int codePoint = text.codePointAt(at);
      if (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
        changed = changed == null ? new StringBuilder(text) : changed;
        changed.setCharAt(at, '\uFFFD');
      }
      at += Character.charCount(codePoint);
    }
    return changed == null ? text : changed.toString();
  }
}
