package llava4j.data.stats;

/// Text for a page: replaces characters that are not allowed in HTML, and truncates long text.
final class PageText {
  private static final char UNKNOWN = '\uFFFD';

  private PageText() {}

  /// @param most maximum number of characters
  static String of(String text, int most) {
    StringBuilder clean = new StringBuilder();
    int characters = 0;
    int at = 0;
    while (at < text.length() && characters < most) {
      int character = text.codePointAt(at);
      clean.appendCodePoint(isAllowed(character) ? character : UNKNOWN);
      at += Character.charCount(character);
      characters++;
    }
    return at < text.length() ? clean + "..." : clean.toString();
  }

  /// Whether a character is allowed in XML 1.0, which allows nearly the same characters as HTML.
  private static boolean isAllowed(int character) {
    return character == '\t'
        || character == '\n'
        || character == '\r'
        || (character >= 0x20 && character < 0x7F)
        || (character >= 0xA0 && character < Character.MIN_SURROGATE)
        || (character > Character.MAX_SURROGATE && character < 0xFFFE)
        || character > 0xFFFF;
  }
}
