package llava4j.data.mixture.rule;

import java.util.ArrayList;
import java.util.List;
import llava4j.data.Turn;
import llava4j.data.Turn.Speaker;

/// A question and its answer.
public record Round(String question, String answer) {

  /// Whether either is blank.
  public boolean lacksWords() {
    return question.isBlank() || answer.isBlank();
  }

  /// The turns of a conversation about one image, whose place is in the first question only.
  public static List<Turn> conversation(List<Round> rounds, ImagePlacement placement) {
    List<Turn> turns = new ArrayList<>(2 * rounds.size());
    for (Round round : rounds) {
      String question = turns.isEmpty() ? placement.place(round.question()) : round.question();
      turns.add(new Turn(Speaker.HUMAN, question));
      turns.add(new Turn(Speaker.GPT, round.answer()));
    }
    return turns;
  }
}
