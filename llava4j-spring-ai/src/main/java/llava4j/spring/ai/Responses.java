package llava4j.spring.ai;

import java.util.List;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.metadata.ChatGenerationMetadata;
import org.springframework.ai.chat.metadata.ChatResponseMetadata;
import org.springframework.ai.chat.metadata.DefaultUsage;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;

/// Answers of the model as Spring AI's.
final class Responses {
  private Responses() {}

  /// A whole answer.
  static ChatResponse whole(llava4j.ChatResponse response, String modelName) {
    return ended(response, response.text(), modelName);
  }

  /// What comes behind the pieces of a stream.
  static ChatResponse end(llava4j.ChatResponse response, String modelName) {
    return ended(response, "", modelName);
  }

  /// A piece of a stream.
  static ChatResponse piece(String text, String modelName) {
    return new ChatResponse(
        List.of(new Generation(new AssistantMessage(text))),
        ChatResponseMetadata.builder().model(modelName).build());
  }

  private static ChatResponse ended(llava4j.ChatResponse response, String text, String modelName) {
    LlavaUsage counts =
        new LlavaUsage(
            response.imageTokens(),
            response.timing().imageEncoding(),
            response.timing().firstToken(),
            response.timing().total());
    return new ChatResponse(
        List.of(
            new Generation(
                new AssistantMessage(text),
                ChatGenerationMetadata.builder().finishReason(reason(response)).build())),
        ChatResponseMetadata.builder()
            .model(modelName)
            .usage(
                new DefaultUsage(
                    response.promptTokens(),
                    response.answerTokens(),
                    response.promptTokens() + response.answerTokens(),
                    counts,
                    (long) response.cachedTokens(),
                    null))
            .build());
  }

  /// Spring AI has no names of its own; these are those of OpenAI's API, in its adapter's capitals.
  private static String reason(llava4j.ChatResponse response) {
    return switch (response.answers().getFirst().finishReason()) {
      case END, STOP_STRING -> "STOP";
      case MAX_TOKENS, CONTEXT_FULL -> "LENGTH";
      case CANCELLED -> "CANCELLED";
    };
  }
}
