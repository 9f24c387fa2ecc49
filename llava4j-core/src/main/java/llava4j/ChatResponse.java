package llava4j;

import java.time.Duration;
import java.util.List;
import llava4j.generate.Generation;

/// The result of a request.
///
/// @param answers the requested number of answers
/// @param promptTokens tokens of the prompt, including image tokens
/// @param cachedTokens number of prompt tokens that were already in the KV cache
/// @param imageTokens number of prompt tokens that are image tokens
/// @param timing durations of the parts
public record ChatResponse(
    List<Generation> answers, int promptTokens, int cachedTokens, int imageTokens, Timing timing) {

  /// @param imageEncoding time in the vision tower and the projector
  /// @param firstToken from the call until the first text; zero if there was none
  /// @param total the whole call
  public record Timing(Duration imageEncoding, Duration firstToken, Duration total) {}

  public ChatResponse {
    answers = List.copyOf(answers);
  }

  /// The first answer's text, without white space around it.
  public String text() {
    return answers.getFirst().text().strip();
  }

  /// Tokens of all answers.
  public int answerTokens() {
    return answers.stream().mapToInt(answer -> answer.ids().length).sum();
  }

  /// Generated tokens per second after the first token; 0 if there are too few tokens to measure.
  public double tokensPerSecond() {
    double seconds = timing.total().minus(timing.firstToken()).toNanos() / 1e9;
    return answerTokens() > 1 && seconds > 0 ? (answerTokens() - 1) / seconds : 0;
  }
}
