package llava4j.data.mixture.rule;

import java.util.List;
import llava4j.data.Turn;

/// Truncates long conversations instead of splitting them: ShareGPT.
///
/// Whole rounds are kept from the start as long as they fit; whether the paper's unit is a turn or
/// a token is UNVERIFIED. Each turn counts its tokens plus six for the template, as in Vicuna's
/// tools. The first round is kept even if its answer exceeds the limit, because training truncates
/// it; if the question alone reaches the limit, nothing would be supervised, and nothing is kept.
///
/// @param limit maximum number of tokens of a conversation
/// @param tokens counts tokens
public record Truncation(int limit, TokenCounter tokens) {
  private static final int TEMPLATE_TOKENS = 6;

  /// @param turns questions and answers, alternating
  /// @return the turns that fit, an even number
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
