package llava4j.spark;

import java.util.Locale;
import llava4j.ChatResponse;
import llava4j.generate.Generation;

/// What is added to a row; all but the error are null if there is an error.
record RowAnswer(
    String text, String finishReason, Integer promptTokens, Integer generatedTokens, String error) {

  static RowAnswer of(ChatResponse response) {
    Generation answer = response.answers().getFirst();
    return new RowAnswer(
        response.text(),
        answer.finishReason().name().toLowerCase(Locale.ROOT),
        response.promptTokens(),
        response.answerTokens(),
        null);
  }

  static RowAnswer failed(String sentence) {
    return new RowAnswer(null, null, null, null, sentence);
  }

  /// In the order of the output columns.
  Object[] values() {
    return new Object[] {text, finishReason, promptTokens, generatedTokens, error};
  }
}
