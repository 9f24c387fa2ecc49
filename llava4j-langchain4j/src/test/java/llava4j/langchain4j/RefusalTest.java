package llava4j.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.AudioContent;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.CustomMessage;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.PdfFileContent;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.data.message.VideoContent;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.json.JsonRawSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// What LLaVA cannot carry is an exception, never the `toString()` of an object in the prompt.
class RefusalTest {
  private final LlavaChatModel model =
      LlavaChatModel.builder().answerer(new ScriptedAnswerer()).build();

  static Stream<Arguments> messages() {
    ToolExecutionRequest call = ToolExecutionRequest.builder().name("add").build();
    return Stream.of(
        Arguments.of(user(AudioContent.from("AAAA", "audio/wav")), "content of type audio"),
        Arguments.of(user(PdfFileContent.from("AAAA", "application/pdf")), "content of type pdf"),
        Arguments.of(user(VideoContent.from("AAAA", "video/mp4")), "content of type video"),
        Arguments.of(user(ImageContent.from("https://example.org/cat.jpg")), "fetchPolicy"),
        Arguments.of(user(ImageContent.from("file:///etc/passwd")), "file:///etc/passwd"),
        Arguments.of(List.of(UserMessage.from("Ann", "hello")), "the name of a user"),
        Arguments.of(
            List.of(UserMessage.from("hello"), AiMessage.from(call)), "a tool execution request"),
        Arguments.of(
            List.of(UserMessage.from("hello"), ToolExecutionResultMessage.from(call, "4")),
            "a message of type tool_execution_result"),
        Arguments.of(List.of(CustomMessage.from(Map.of("a", "b"))), "a message of type custom"));
  }

  private static List<ChatMessage> user(dev.langchain4j.data.message.Content content) {
    return List.of(UserMessage.from(TextContent.from("hello"), content));
  }

  @ParameterizedTest
  @MethodSource("messages")
  void whatCannotBeCarriedIsUnsupported(List<ChatMessage> messages, String words) {
    assertThatThrownBy(() -> model.chat(messages))
        .isExactlyInstanceOf(UnsupportedFeatureException.class)
        .hasMessageContaining("not supported")
        .hasMessageContaining(words);
  }

  @Test
  void penaltiesOfOtherModelsAreUnsupported() {
    for (ChatRequestParameters parameters :
        List.of(
            ChatRequestParameters.builder().frequencyPenalty(0.5).build(),
            ChatRequestParameters.builder().presencePenalty(0.5).build())) {
      assertThatThrownBy(() -> chat("hello", parameters))
          .isExactlyInstanceOf(UnsupportedFeatureException.class)
          .hasMessageContaining("repetitionPenalty");
    }
    assertThat(chat("hello", ChatRequestParameters.builder().frequencyPenalty(0.0).build()))
        .isNotBlank();
  }

  @Test
  void aWrongRequestIsInvalid() {
    requireInvalid("image", UserMessage.from(ImageContent.from("bm8gaW1hZ2U=", "image/png")));
    requireInvalid("put it first", UserMessage.from("hello"), SystemMessage.from("Be brief."));
    requireInvalid("alternate", UserMessage.from("hello"), UserMessage.from("hello"));
    requireInvalid("must end with a user message", UserMessage.from("hello"), AiMessage.from("a"));
    for (ChatRequestParameters parameters :
        List.of(
            ChatRequestParameters.builder().temperature(-1.0).build(),
            ChatRequestParameters.builder().temperature(1.0).topP(2.0).build(),
            ChatRequestParameters.builder().maxOutputTokens(0).build(),
            ChatRequestParameters.builder().stopSequences("").build(),
            ChatRequestParameters.builder().responseFormat(raw("{\"type\":")).build(),
            ChatRequestParameters.builder()
                .responseFormat(raw("{\"type\":\"object\",\"nonsense\":1}"))
                .build())) {
      assertThatThrownBy(() -> chat("hello", parameters))
          .isExactlyInstanceOf(InvalidRequestException.class)
          .hasCauseInstanceOf(BadInputException.class);
    }
  }

  private void requireInvalid(String words, ChatMessage... messages) {
    assertThatThrownBy(() -> model.chat(messages))
        .isExactlyInstanceOf(InvalidRequestException.class)
        .hasMessageContaining(words);
  }

  private String chat(String text, ChatRequestParameters parameters) {
    return model
        .chat(ChatRequest.builder().messages(UserMessage.from(text)).parameters(parameters).build())
        .aiMessage()
        .text();
  }

  private static ResponseFormat raw(String schema) {
    return ResponseFormat.builder()
        .type(ResponseFormatType.JSON)
        .jsonSchema(
            JsonSchema.builder().name("raw").rootElement(JsonRawSchema.from(schema)).build())
        .build();
  }

  @Test
  void aBrokenImageReachesTheHandlerOfAStream() {
    CompletableFuture<ChatResponse> whole = new CompletableFuture<>();
    try (var streaming =
        LlavaStreamingChatModel.builder().answerer(new ScriptedAnswerer()).build()) {
      streaming.chat(
          List.of(UserMessage.from(ImageContent.from("bm8gaW1hZ2U=", "image/png"))),
          new StreamingChatResponseHandler() {
            @Override
            public void onCompleteResponse(ChatResponse response) {
              whole.complete(response);
            }

            @Override
            public void onError(Throwable error) {
              whole.completeExceptionally(error);
            }
          });

      assertThatThrownBy(() -> whole.get(10, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasCauseExactlyInstanceOf(InvalidRequestException.class);
    }
  }

  @Test
  void aBuilderNeedsOneModel() {
    assertThatThrownBy(() -> LlavaChatModel.builder().build())
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("there is no model");
    assertThatThrownBy(
            () -> LlavaChatModel.builder().answerer(new ScriptedAnswerer()).model("folder").build())
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("two models");
    assertThatThrownBy(() -> LlavaStreamingChatModel.builder().model("no/such/model").build())
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("no/such/model");
  }
}
