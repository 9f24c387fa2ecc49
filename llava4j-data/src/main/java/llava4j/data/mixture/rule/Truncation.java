package llava4j.data.mixture.rule;

import java.util.List;
import llava4j.data.Turn;

/// Cuts long conversations instead of splitting them: ShareGPT.
///
/// Whole rounds are kept from the start on while they fit; turn or token as the unit is UNVERIFIED.
/// A turn costs its tokens and six more for the template, as Vicuna's tools count. The first round
/// stays even if its answer runs over, since training cuts it there; if the question alone fills
/// the limit nothing would be left to learn, and nothing is kept.
///
/// @param limit tokens of a conversation
public record Truncation(int limit, TokenCounter tokens) {
  private static final int TEMPLATE_TOKENS = 6;

  /// @param turns questions and answers in turn
  /// @return as many as fit, an even number
  public List<Turn> truncate(List<Turn> turns) {
    long used = 0;
    int kept = 0;
    while (kept + 1 < turns.size()) {
      long question = cost(turns.get(kept));
      boolean first = kept == 0;
      if (first && question >= limit) {
        break;
      }
      used += question + cost(turns.get(kept + 1));
      if (!first && used > limit) {
        break;
      }
      kept += 2;
    }
    return List.copyOf(turns.subList(0, kept));
  }

  private long cost(Turn turn) {
    return TEMPLATE_TOKENS + (long) tokens.count(turn.text());
  }
}
