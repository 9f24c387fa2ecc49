package llava4j.data.mixture.rule;

import java.util.List;
import java.util.Optional;
import llava4j.data.Turn;

/// Selects valid conversations of ShareGPT, following Vicuna's data preparation: at least two
/// turns, human and gpt alternate starting with human, no blank turn, no numbered list that starts
/// again. Vicuna's language filter is not applied, because the paper uses several languages.
public final class ShareGptFilter {
  private static final String FIRST_ITEM = "\n1. ";

  private ShareGptFilter() {}

  /// The conversation without a last question that has no answer.
  public static List<Turn> dropUnanswered(List<Turn> turns) {
    return turns.subList(0, turns.size() / 2 * 2);
  }

  /// The reason why a conversation is left out; empty if it is used.
  public static Optional<Incident> problem(List<Turn> turns) {
    if (turns.size() < 2) {
      return Optional.of(Incident.TOO_SHORT);
    }
    if (!TurnOrder.alternates(turns)) {
      return Optional.of(Incident.WRONG_SPEAKERS);
    }
    for (Turn turn : turns) {
      if (turn.text().isBlank()) {
        return Optional.of(Incident.BLANK);
      }
      if (listStartsOver(turn.text())) {
        return Optional.of(Incident.LIST_STARTS_OVER);
      }
    }
    return Optional.empty();
  }

  /// Whether there are two items numbered 1 without a 2 between them.
  private static boolean listStartsOver(String text) {
    int first = text.indexOf(FIRST_ITEM);
    while (first >= 0) {
      int second = text.indexOf(FIRST_ITEM, first + FIRST_ITEM.length());
      if (second >= 0 && text.substring(first + FIRST_ITEM.length(), second).indexOf('2') < 0) {
        return true;
      }
      first = second;
    }
    return false;
  }
}
