package llava4j.data.mixture.rule;

import java.util.ArrayList;
import java.util.List;

/// A question with options of which one is right: A-OKVQA.
///
/// @param correct place of the right one, from 0
public record MultipleChoice(String question, List<String> choices, int correct) {
  private static final int LETTERS = 26;

  public MultipleChoice {
    choices = List.copyOf(choices);
    if (choices.isEmpty() || choices.size() > LETTERS || correct < 0 || correct >= choices.size()) {
      throw new IllegalArgumentException(
          "option " + correct + " of " + choices.size() + " cannot be the right one");
    }
  }

  /// The same question with every option moved so many places towards the end, the last ones coming
  /// back in front. Over all rotations the right one visits every letter. The paper says "augmented
  /// k times"; that it rotates is the natural reading, UNVERIFIED.
  public MultipleChoice rotated(int places) {
    int size = choices.size();
    List<String> moved = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      moved.add(choices.get(Math.floorMod(i - places, size)));
    }
    return new MultipleChoice(question, moved, Math.floorMod(correct + places, size));
  }

  /// The question, a line for each option, P_letter (in every turn, INFERRED); the letter answers.
  public Round round() {
    StringBuilder text = new StringBuilder(question);
    for (int i = 0; i < choices.size(); i++) {
      text.append('\n').append(letter(i)).append(". ").append(choices.get(i));
    }
    return new Round(text + "\n" + FormatPrompt.LETTER, String.valueOf(letter(correct)));
  }

  private static char letter(int place) {
    return (char) ('A' + place);
  }
}
