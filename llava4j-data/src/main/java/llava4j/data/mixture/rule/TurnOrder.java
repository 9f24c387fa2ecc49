package llava4j.data.mixture.rule;

import java.util.List;
import llava4j.data.Turn;
import llava4j.data.Turn.Speaker;

/// The order of speakers in a conversation.
public final class TurnOrder {
  private TurnOrder() {}

  /// Whether human and gpt alternate, starting with human and ending with gpt.
  public static boolean alternates(List<Turn> turns) {
    for (int i = 0; i < turns.size(); i++) {
      if (turns.get(i).speaker() != (i % 2 == 0 ? Speaker.HUMAN : Speaker.GPT)) {
        return false;
      }
    }
    return turns.size() % 2 == 0;
  }
}
