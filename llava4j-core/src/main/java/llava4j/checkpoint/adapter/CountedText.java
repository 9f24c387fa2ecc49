package llava4j.checkpoint.adapter;

/// A text that limits how many characters a regular expression may read. The expressions come from
/// foreign files, and some would backtrack for hours.
final class CountedText implements CharSequence {
  private static final int MAX_LOOKS = 1_000_000;

  private final String text;
  private int looks;

  CountedText(String text) {
    this.text = text;
  }

  /// The limit was reached.
  static final class TooManyLooks extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  @Override
  public int length() {
    return text.length();
  }

  @Override
  public char charAt(int index) {
    if (++looks > MAX_LOOKS) {
      throw new TooManyLooks();
    }
    return text.charAt(index);
  }

  @Override
  public CharSequence subSequence(int start, int end) {
    return text.substring(start, end);
  }

  @Override
  public String toString() {
    return text;
  }
}
