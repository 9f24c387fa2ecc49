package llava4j.data.mixture.rule;

import java.util.List;
import llava4j.data.Turn;
import llava4j.data.Turn.Speaker;

/// Who speaks after whom.
public final class TurnOrder {
  private TurnOrder() {}

  /// Whether people and model take turns, a person first and the model last.
  public static boolean alternates(List<Turn> turns) {
    for (int i = 0; i < turns.size(); i++) {
      if (turns.get(i).speaker() != (i % 2 == 0 ? Speaker.HUMAN : Speaker.GPT)) {
        return false;
      }
    }
    return turns.size() % 2 == 0;
  }
}
