package llava4j.generate;

import java.util.List;

/// One generated answer.
///
/// @param ids generated ids, including the end token if the model generated it
/// @param text their text without special tokens
/// @param logProbs one entry per id, or empty if not requested
public record Generation(
    int[] ids, String text, FinishReason finishReason, List<TokenLogProbs> logProbs) {

  /// Natural logarithms of probabilities at one step, from the model's own logits: before bans,
  /// penalties and temperature.
  ///
  /// @param top the most likely tokens, most likely first
  public record TokenLogProbs(LogProb chosen, List<LogProb> top) {}

  /// A token and the logarithm of its probability.
  public record LogProb(int id, float value) {}
}
