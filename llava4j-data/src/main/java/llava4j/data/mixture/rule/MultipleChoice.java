package llava4j.data.mixture.rule;

import java.util.ArrayList;
import java.util.List;

/// A multiple-choice question with one correct option: A-OKVQA.
///
/// @param correct index of the correct option, from 0
public record MultipleChoice(String question, List<String> choices, int correct) {
  private static final int LETTERS = 26;

  public MultipleChoice {
    choices = List.copyOf(choices);
    if (choices.isEmpty() || choices.size() > LETTERS || correct < 0 || correct >= choices.size()) {
      throw new IllegalArgumentException(
          "option " + correct + " of " + choices.size() + " cannot be the correct one");
    }
  }

  /// The same question with the options rotated: each moves `places` positions towards the end, and
  /// the last ones move to the front. Over all rotations the correct option has every letter once.
  /// The paper says "augmented k times"; that this means rotation is UNVERIFIED.
  public MultipleChoice rotated(int places) {
    int size = choices.size();
    List<String> moved = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      moved.add(choices.get(Math.floorMod(i - places, size)));
    }
    return new MultipleChoice(question, moved, Math.floorMod(correct + places, size));
  }

  /// The question, one line for each option, and P_letter (in every turn, INFERRED); the answer is
  /// the letter.
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
