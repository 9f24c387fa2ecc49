package llava4j.data.mixture.rule;

import java.util.List;
import java.util.Optional;
import llava4j.data.Turn;

/// Which shared conversations are sound, after Vicuna's preparation: two turns or more, people and
/// model in turn with a person first, words in each turn, no numbered list that starts over.
/// Vicuna's filter by language is left out, since the paper wants several languages.
public final class ShareGptFilter {
  private static final String FIRST_ITEM = "\n1. ";

  private ShareGptFilter() {}

  /// The conversation without a last question that nobody answered.
  public static List<Turn> answered(List<Turn> turns) {
    return turns.subList(0, turns.size() / 2 * 2);
  }

  /// Why a conversation is left out, if it is.
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

  /// Two first items with no 2 between them.
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
