package llava4j.data.mixture.rule;

import java.util.ArrayList;
import java.util.List;
import llava4j.data.Turn;
import llava4j.data.Turn.Speaker;

/// A question and its answer.
public record Round(String question, String answer) {

  /// Whether the question or the answer is blank.
  public boolean hasBlankPart() {
    return question.isBlank() || answer.isBlank();
  }

  /// The turns of a conversation about one image; only the first question contains the image
  /// placeholder.
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
