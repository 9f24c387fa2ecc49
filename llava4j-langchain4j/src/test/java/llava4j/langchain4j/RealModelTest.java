package llava4j.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.output.FinishReason;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import llava4j.Llava;
import llava4j.generate.GenerationOptions;
import llava4j.golden.Golden;
import llava4j.image.ImageSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.json.JsonMapper;

/// The chat models over models that really answer: the bundled one, and the miniature of the
/// reference outputs.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RealModelTest {
  private static final Path CHECKOUT = Path.of("").toAbsolutePath().getParent();

  private Llava llava;
  private LlavaChatModel model;
  private LlavaStreamingChatModel streaming;

  @BeforeAll
  void load() {
    llava = Llava.load(CHECKOUT.resolve("models/llava-tiny"));
    model = LlavaChatModel.builder().llava(llava).build();
    streaming = LlavaStreamingChatModel.builder().llava(llava).build();
  }

  @AfterAll
  void close() {
    streaming.close();
    model.close();
    assertThat(llava.ask("Is the sky blue?")).as("the model is not the adapters'").isNotNull();
    llava.close();
  }

  private static Path image(String name) {
    return CHECKOUT.resolve("examples/images").resolve(name + ".png");
  }

  private static UserMessage about(String question, String... names) {
    UserMessage.Builder message = UserMessage.builder().addContent(TextContent.from(question));
    for (String name : names) {
      message.addContent(ImageContent.from(image(name), "image/png"));
    }
    return message.build();
  }

  @Test
  void anImageIsSeen() {
    ChatResponse response = model.chat(about("What is in this image?", "penguin"));

    assertThat(response.aiMessage().text())
        .containsIgnoringCase("penguin")
        .isEqualTo(llava.ask(image("penguin"), "What is in this image?"));
    assertThat(response.finishReason()).isEqualTo(FinishReason.STOP);
    assertThat(response.modelName()).isEqualTo(llava.name());
    assertThat(response.tokenUsage()).isInstanceOf(LlavaTokenUsage.class);
    assertThat(((LlavaTokenUsage) response.tokenUsage()).imageTokenCount()).isPositive();
  }

  @Test
  void aConversationIsTheOneThatTheModelGets() {
    List<ChatMessage> messages =
        List.of(
            SystemMessage.from("You are brief."),
            about("What is in this image?", "moon", "pizza"),
            AiMessage.from("A moon and a pizza."),
            UserMessage.from("What is round?"));
    ChatRequest request = ChatRequest.builder().messages(messages).build();
    llava4j.ChatRequest read =
        new RequestReader(llava.name(), llava4j.image.fetch.FetchPolicy.withoutUrls())
            .read(request)
            .get();

    assertThat(read)
        .isEqualTo(
            new llava4j.ChatRequest(
                List.of(
                    new llava4j.ChatMessage.User(
                        "What is in this image?", List.of(decoded("moon"), decoded("pizza"))),
                    new llava4j.ChatMessage.Assistant("A moon and a pizza."),
                    new llava4j.ChatMessage.User("What is round?", List.of())),
                java.util.Optional.of("You are brief."),
                GenerationOptions.greedy()));
  }

  private static llava4j.image.RgbImage decoded(String name) {
    return Llava.decode(new ImageSource.OfFile(image(name)));
  }

  @Test
  void jsonFulfilsItsSchema() {
    JsonSchema schema =
        JsonSchema.builder()
            .name("Seen")
            .rootElement(
                JsonObjectSchema.builder()
                    .addEnumProperty("thing", List.of("penguin", "pizza", "moon"))
                    .addBooleanProperty("alive")
                    .required("thing", "alive")
                    .build())
            .build();
    String text =
        model
            .chat(
                ChatRequest.builder()
                    .messages(about("What is in this image?", "penguin"))
                    .parameters(ChatRequestParameters.builder().responseFormat(schema).build())
                    .build())
            .aiMessage()
            .text();
    var answer = JsonMapper.builder().build().readTree(text);

    assertThat(answer.propertyNames()).containsExactly("thing", "alive");
    assertThat(answer.get("thing").stringValue()).isIn("penguin", "pizza", "moon");
    assertThat(answer.get("alive").isBoolean()).isTrue();
  }

  @Test
  void aSeedMakesSamplingRepeatable() {
    LlavaChatRequestParameters parameters =
        LlavaChatRequestParameters.builder()
            .temperature(1.5)
            .topP(0.95)
            .seed(7L)
            .maxOutputTokens(12)
            .build();
    ChatRequest request =
        ChatRequest.builder()
            .messages(about("Describe this image.", "bicycle"))
            .parameters(parameters)
            .build();

    assertThat(model.chat(request).aiMessage()).isEqualTo(model.chat(request).aiMessage());
  }

  @Test
  void aStreamHasTheSameText() throws Exception {
    Collected collected = new Collected(Integer.MAX_VALUE);
    streaming.chat(List.of(about("What is in this image?", "hamburger")), collected);

    assertThat(collected.whole.get(60, TimeUnit.SECONDS).aiMessage().text())
        .isEqualTo(llava.ask(image("hamburger"), "What is in this image?"))
        .isEqualTo(collected.text.toString());
  }

  @Test
  void aCancelledAnswerEndsBeforeItsModelIsClosed() throws Exception {
    Collected collected = new Collected(3);
    try (LlavaStreamingChatModel miniature =
        LlavaStreamingChatModel.builder()
            .model(Golden.path("original"))
            .defaultRequestParameters(
                ChatRequestParameters.builder().maxOutputTokens(100_000).build())
            .build()) {
      miniature.chat(List.of(UserMessage.from("What is this?")), collected);
      collected.cancelled.get(60, TimeUnit.SECONDS);
    }

    assertThat(collected.pieces).isEqualTo(3);
    assertThat(collected.whole).isNotDone();
  }

  private static final class Collected implements StreamingChatResponseHandler {
    private final StringBuilder text = new StringBuilder();
    private final CompletableFuture<ChatResponse> whole = new CompletableFuture<>();
    private final CompletableFuture<Void> cancelled = new CompletableFuture<>();
    private final int most;
    private int pieces;

    /// @param most cancels after this many pieces
    Collected(int most) {
      this.most = most;
    }

    @Override
    public void onPartialResponse(PartialResponse piece, PartialResponseContext context) {
      text.append(piece.text());
      if (++pieces == most) {
        context.streamingHandle().cancel();
        cancelled.complete(null);
      }
    }

    @Override
    public void onCompleteResponse(ChatResponse response) {
      whole.complete(response);
    }

    @Override
    public void onError(Throwable error) {
      whole.completeExceptionally(error);
    }
  }
}
