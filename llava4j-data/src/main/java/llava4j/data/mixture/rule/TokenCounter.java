package llava4j.data.mixture.rule;

/// Counts the tokens of a text as a language model sees them.
@FunctionalInterface
public interface TokenCounter {
  int count(String text);

  /// A guess for those without a tokenizer: a token for three bytes of UTF-8, which is rather too
  /// many for English. Whoever uses it says so.
  static TokenCounter estimate() {
    return text -> {
      long bytes = text.codePoints().mapToLong(TokenCounter::bytes).sum();
      return Math.toIntExact((bytes + 2) / 3);
    };
  }

  private static int bytes(int codePoint) {
    if (codePoint < 0x80) {
      return 1;
    }
    return codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
  }
}
