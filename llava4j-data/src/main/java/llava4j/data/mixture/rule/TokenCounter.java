package llava4j.data.mixture.rule;

/// Counts the tokens of a text for a language model.
@FunctionalInterface
public interface TokenCounter {
  /// Number of tokens of a text.
  int count(String text);

  /// An estimate for use without a tokenizer: one token for three bytes of UTF-8, which is somewhat
  /// too many for English. Callers must tell the user that it is an estimate.
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
