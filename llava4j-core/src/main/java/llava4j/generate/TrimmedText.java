package llava4j.generate;

import java.util.HashMap;
import java.util.Map;

/// Passes on text that comes in pieces, without the white space around the whole of each answer:
/// the pieces together are what [llava4j.ChatResponse#text()] is.
public final class TrimmedText implements TextListener {
  private final TextListener next;
  private final Map<Integer, Trimmed> answers = new HashMap<>();

  /// @param next never called with an empty piece
  public TrimmedText(TextListener next) {
    this.next = next;
  }

  @Override
  public void onText(int answer, String text) {
    String known = answers.computeIfAbsent(answer, _ -> new Trimmed()).accept(text);
    if (!known.isEmpty()) {
      next.onText(answer, known);
    }
  }
}
