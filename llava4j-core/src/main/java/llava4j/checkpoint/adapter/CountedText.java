package llava4j.checkpoint.adapter;

/// A text that lets a regular expression look at it so many times and no more: expressions come
/// with foreign files, and some go back and forth for hours.
final class CountedText implements CharSequence {
  private static final int MAX_LOOKS = 1_000_000;

  private final String text;
  private int looks;

  CountedText(String text) {
    this.text = text;
  }

  /// The expression has had its looks.
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
