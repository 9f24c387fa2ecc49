package llava4j.langchain4j;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import java.util.UUID;
import llava4j.error.BadInputException;

/// Answers of the model as LangChain4j's.
final class Responses {
  private Responses() {}

  static ChatResponse of(llava4j.ChatResponse response, String modelName) {
    return ChatResponse.builder()
        .aiMessage(AiMessage.from(response.text()))
        .id("llava-" + UUID.randomUUID())
        .modelName(modelName)
        .tokenUsage(
            new LlavaTokenUsage(
                response.promptTokens(),
                response.answerTokens(),
                response.imageTokens(),
                response.cachedTokens()))
        .finishReason(reason(response))
        .build();
  }

  private static FinishReason reason(llava4j.ChatResponse response) {
    return switch (response.answers().getFirst().finishReason()) {
      case END, STOP_STRING -> FinishReason.STOP;
      case MAX_TOKENS, CONTEXT_FULL -> FinishReason.LENGTH;
      case CANCELLED -> FinishReason.OTHER;
    };
  }

  /// A user's mistake as LangChain4j's exception for requests that would fail again.
  static InvalidRequestException invalid(BadInputException e) {
    return new InvalidRequestException(e.getMessage(), e);
  }
}
