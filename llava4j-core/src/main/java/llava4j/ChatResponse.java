package llava4j;

import java.time.Duration;
import java.util.List;
import llava4j.generate.Generation;

/// What came of a request.
///
/// @param answers as many as were asked for
/// @param promptTokens tokens of the prompt, image rows included
/// @param cachedTokens how many of them were known from the turn before
/// @param imageTokens how many of them are image rows
/// @param timing where the time went
public record ChatResponse(
    List<Generation> answers, int promptTokens, int cachedTokens, int imageTokens, Timing timing) {

  /// @param imageEncoding vision tower and projector
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

  /// Generated tokens per second after the first one; 0 where there is nothing to measure.
  public double tokensPerSecond() {
    double seconds = timing.total().minus(timing.firstToken()).toNanos() / 1e9;
    return answerTokens() > 1 && seconds > 0 ? (answerTokens() - 1) / seconds : 0;
  }
}
