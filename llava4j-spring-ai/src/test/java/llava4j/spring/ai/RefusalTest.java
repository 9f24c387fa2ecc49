package llava4j.spring.ai;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.content.Media;
import org.springframework.ai.tool.annotation.Tool;
import org.springframework.util.MimeType;
import org.springframework.util.MimeTypeUtils;

/// What LLaVA cannot carry, or what is wrong, is one sentence, found before the model is asked.
class RefusalTest {
  private final LlavaChatModel model =
      LlavaChatModel.builder()
          .llava(() -> {
            throw new AssertionError("the model is not needed");
          })
          .build();

  static Stream<Arguments> messages() {
    return Stream.of(
        Arguments.of(media("audio/wav"), "media of type audio/wav is not supported"),
        Arguments.of(media("video/mp4"), "media of type video/mp4 is not supported"),
        Arguments.of(media("application/pdf"), "media of type application/pdf is not supported"),
        Arguments.of(image("https://example.org/cat.jpg"), "llava.allow-urls"),
        Arguments.of(image("file:///etc/passwd"), "file:///etc/passwd"),
        Arguments.of(image("data:image/png;base64,bm8gaW1hZ2U="), "image"),
        Arguments.of(
            List.of(
                new UserMessage("hello"),
                AssistantMessage.builder()
                    .toolCalls(List.of(new AssistantMessage.ToolCall("1", "function", "add", "{}")))
                    .build()),
            "a tool call is not supported"),
        Arguments.of(
            List.of(
                new UserMessage("hello"),
                ToolResponseMessage.builder()
                    .responses(List.of(new ToolResponseMessage.ToolResponse("1", "add", "4")))
                    .build()),
            "a message of type tool is not supported"),
        Arguments.of(
            List.of(new UserMessage("hello"), new SystemMessage("Be brief.")), "put it first"),
        Arguments.of(List.of(new UserMessage("hello"), new UserMessage("hello")), "must alternate"),
        Arguments.of(List.of(new UserMessage("")), "must have text or an image"));
  }

  private static List<Message> media(String type) {
    return List.of(
        UserMessage.builder()
            .text("What is this?")
            .media(Media.builder().mimeType(MimeType.valueOf(type)).data(new byte[1]).build())
            .build());
  }

  private static List<Message> image(String address) {
    return List.of(
        UserMessage.builder()
            .text("What is this?")
            .media(new Media(MimeTypeUtils.IMAGE_PNG, URI.create(address)))
            .build());
  }

  @ParameterizedTest
  @MethodSource("messages")
  void whatCannotBeCarriedIsRefused(List<Message> messages, String words) {
    assertThatThrownBy(() -> model.call(new Prompt(messages)))
        .isExactlyInstanceOf(BadInputException.class)
        .hasMessageContaining(words);
    assertThatThrownBy(() -> model.stream(new Prompt(messages)).blockLast())
        .isExactlyInstanceOf(BadInputException.class)
        .hasMessageContaining(words);
  }

  static Stream<Arguments> options() {
    return Stream.of(
        Arguments.of(LlavaChatOptions.builder().frequencyPenalty(0.5).build(), "repetitionPenalty"),
        Arguments.of(LlavaChatOptions.builder().presencePenalty(0.5).build(), "repetitionPenalty"),
        Arguments.of(ChatOptions.builder().maxTokens(0).build(), "at least 1"),
        Arguments.of(ChatOptions.builder().temperature(-1.0).build(), "temperature"),
        Arguments.of(ChatOptions.builder().temperature(1.0).topP(2.0).build(), "top-p"),
        Arguments.of(LlavaChatOptions.builder().outputSchema("{\"type\":").build(), "JSON schema"),
        Arguments.of(
            LlavaChatOptions.builder().outputSchema("{\"nonsense\":1}").build(), "no effect"),
        Arguments.of(
            LlavaChatOptions.builder().toolContext(Map.of("user", "Ann")).build(),
            "a tool context is not supported"));
  }

  @ParameterizedTest
  @MethodSource("options")
  void optionsThatCannotHoldAreRefused(ChatOptions options, String words) {
    assertThatThrownBy(() -> model.call(new Prompt("hello", options)))
        .isExactlyInstanceOf(BadInputException.class)
        .hasMessageContaining(words);
  }

  /// A tool that a client would offer.
  static final class Clock {
    @Tool(description = "the time")
    String time() {
      return "12:00";
    }
  }

  @Test
  void toolsOfAClientAreRefused() {
    assertThatThrownBy(() ->
            ChatClient.create(model)
                .prompt()
                .user("What time is it?")
                .tools(new Clock())
                .call()
                .content())
        .isExactlyInstanceOf(BadInputException.class)
        .hasMessageContaining("tools are not supported");
  }

  @Test
  void aBuilderNeedsOneModel() {
    assertThatThrownBy(() -> LlavaChatModel.builder().build())
        .isExactlyInstanceOf(BadInputException.class)
        .hasMessageContaining("there is no model");
    assertThatThrownBy(() -> LlavaChatModel.builder().model("no/such/model").build())
        .isExactlyInstanceOf(BadInputException.class)
        .hasMessageContaining("no/such/model");
  }
}
