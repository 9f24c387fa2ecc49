package llava4j.data.mixture.source;

import java.util.ArrayList;
import java.util.List;
import llava4j.data.Turn;
import llava4j.data.Turn.Speaker;

/// Reads conversations that are already in LLaVA's format.
final class Conversations {
  private Conversations() {}

  static List<Turn> turns(NativeRow row) {
    List<Turn> turns = new ArrayList<>();
    for (NativeRow turn : row.rows("conversations")) {
      Speaker speaker =
          switch (turn.text("from")) {
            case "human" -> Speaker.HUMAN;
            case "gpt" -> Speaker.GPT;
            default -> Speaker.OTHER;
          };
      turns.add(new Turn(speaker, turn.text("value")));
    }
    return turns;
  }
}
