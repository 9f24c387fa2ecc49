package llava4j.generate;

/// Text that comes in pieces, without the white space around the whole.
public final class Trimmed {
  private final StringBuilder held = new StringBuilder();
  private boolean begun;

  /// What of the text so far is known to be inside.
  public String accept(String piece) {
    String rest = begun ? piece : piece.stripLeading();
    begun |= !rest.isEmpty();
    held.append(rest);
    int end = held.length();
    while (end > 0 && Character.isWhitespace(held.codePointBefore(end))) {
      end -= Character.charCount(held.codePointBefore(end));
    }
    String inside = held.substring(0, end);
    held.delete(0, end);
    return inside;
  }
}
