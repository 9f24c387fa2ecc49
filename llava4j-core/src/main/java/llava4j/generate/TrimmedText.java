package llava4j.generate;

import java.util.HashMap;
import java.util.Map;

/// Passes on text that comes in pieces, without the white space around the whole of each answer:
/// the pieces together are what [llava4j.ChatResponse#text()] is.
public final class TrimmedText implements TextListener {
  private final TextListener next;
  private final Map<Integer, Answer> answers = new HashMap<>();

  /// @param next never called with an empty piece
  public TrimmedText(TextListener next) {
    this.next = next;
  }

  @Override
  public void onText(int answer, String text) {
    String known = answers.computeIfAbsent(answer, _ -> new Answer()).accept(text);
    if (!known.isEmpty()) {
      next.onText(answer, known);
    }
  }

  private static final class Answer {
    private final StringBuilder held = new StringBuilder();
    private boolean begun;

    /// What of the text so far is known to be inside.
    String accept(String piece) {
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
}
