package llava4j.data.stats;

/// Text for a page: what no page may hold is replaced, what is long is cut off.
final class PageText {
  private static final char UNKNOWN = '\uFFFD';

  private PageText() {}

  /// @param most letters that are kept
  static String of(String text, int most) {
    StringBuilder clean = new StringBuilder();
    int letters = 0;
    int at = 0;
    while (at < text.length() && letters < most) {
      int letter = text.codePointAt(at);
      clean.appendCodePoint(isAllowed(letter) ? letter : UNKNOWN);
      at += Character.charCount(letter);
      letters++;
    }
    return at < text.length() ? clean + "..." : clean.toString();
  }

  /// The characters of XML 1.0, which are those of HTML but for a few.
  private static boolean isAllowed(int letter) {
    return letter == '\t'
        || letter == '\n'
        || letter == '\r'
        || (letter >= 0x20 && letter < 0x7F)
        || (letter >= 0xA0 && letter < Character.MIN_SURROGATE)
        || (letter > Character.MAX_SURROGATE && letter < 0xFFFE)
        || letter > 0xFFFF;
  }
}
