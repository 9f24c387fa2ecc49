package llava4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionContentPart;
import com.openai.models.chat.completions.ChatCompletionContentPartImage;
import com.openai.models.chat.completions.ChatCompletionContentPartText;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.chat.completions.StructuredChatCompletion;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import java.io.ByteArrayInputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import llava4j.ChatRequest;
import llava4j.Llava;
import llava4j.generate.GenerationOptions;
import llava4j.image.ImageSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;

/// Clients that others wrote. That of OpenAI checks the shape of every answer.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ForeignClientsTest {
  private static final String QUESTION = "What is in this image?";
  private static final int TOKENS = 12;

  private ServerFixture fixture;
  private String expected;
  private OpenAIClient openai;

  @BeforeAll
  void start() {
    fixture = new ServerFixture();
    expected =
        fixture
            .llava
            .answer(
                ChatRequest.of(
                        List.of(Llava.decode(new ImageSource.OfFile(Client.photo()))), QUESTION)
                    .withOptions(GenerationOptions.greedy().withMaxNewTokens(TOKENS)))
            .text();
    openai =
        OpenAIOkHttpClient.builder()
            .baseUrl(address())
            .apiKey("none")
            .maxRetries(0)
            .responseValidation(true)
            .build();
  }

  @AfterAll
  void stop() {
    openai.close();
    assertThat(fixture.failures).isEmpty();
    fixture.close();
  }

  @Test
  void openAisOwnAsksAboutAnImage() throws Exception {
    ChatCompletion completion =
        openai.chat().completions().create(question().logprobs(true).topLogprobs(2).build());

    assertThat(completion.choices().getFirst().message().content()).hasValue(expected);
    assertThat(completion.choices().getFirst().finishReason())
        .isEqualTo(ChatCompletion.Choice.FinishReason.LENGTH);
    assertThat(completion.usage().orElseThrow().completionTokens()).isEqualTo(TOKENS);
  }

  @Test
  void openAisOwnStreams() throws Exception {
    ChatCompletionCreateParams params =
        question()
            .streamOptions(ChatCompletionStreamOptions.builder().includeUsage(true).build())
            .build();
    ChatCompletionAccumulator whole = ChatCompletionAccumulator.create();
    try (StreamResponse<ChatCompletionChunk> stream =
        openai.chat().completions().createStreaming(params)) {
      stream.stream().forEach(whole::accumulate);
    }

    ChatCompletion completion = whole.chatCompletion();
    assertThat(completion.choices().getFirst().message().content()).hasValue(expected);
    assertThat(completion.usage().orElseThrow().completionTokens()).isEqualTo(TOKENS);
  }

  @Test
  void openAisOwnListsModelsAndUnderstandsErrors() throws Exception {
    assertThat(openai.models().list().items().getFirst().id()).isEqualTo("original");
    ChatCompletionCreateParams bad = question().frequencyPenalty(1).build();

    assertThatThrownBy(() -> openai.chat().completions().create(bad))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("frequency_penalty cannot be used");
  }

  @Test
  void langChain4jAsksAboutAnImage() throws Exception {
    OpenAiChatModel model =
        OpenAiChatModel.builder()
            .baseUrl(address())
            .apiKey("none")
            .modelName("original")
            .maxTokens(TOKENS)
            .build();
    ChatResponse response = model.chat(message());

    assertThat(response.aiMessage().text()).isEqualTo(expected);
    assertThat(response.tokenUsage().outputTokenCount()).isEqualTo(TOKENS);
  }

  @Test
  void langChain4jStreams() throws Exception {
    OpenAiStreamingChatModel model =
        OpenAiStreamingChatModel.builder()
            .baseUrl(address())
            .apiKey("none")
            .modelName("original")
            .maxTokens(TOKENS)
            .build();
    StringBuilder text = new StringBuilder();
    CompletableFuture<ChatResponse> whole = new CompletableFuture<>();
    model.chat(
        List.of(message()),
        new StreamingChatResponseHandler() {
          @Override
          public void onPartialResponse(String piece) {
            text.append(piece);
          }

          @Override
          public void onCompleteResponse(ChatResponse response) {
            whole.complete(response);
          }

          @Override
          public void onError(Throwable error) {
            whole.completeExceptionally(error);
          }
        });

    assertThat(whole.get(60, TimeUnit.SECONDS).aiMessage().text()).isEqualTo(expected);
    assertThat(text).hasToString(expected);
  }

  enum Animal {
    CAT,
    DOG
  }

  /// What OpenAI's client makes a schema of.
  static final class Seen {
    public Animal animal;
    public boolean asleep;
  }

  /// Random weights would never write JSON by themselves.
  @Test
  void openAisOwnGetsAnObject() throws Exception {
    StructuredChatCompletion<Seen> completion =
        openai
            .chat()
            .completions()
            .create(question().maxCompletionTokens(100).responseFormat(Seen.class).build());
    Seen seen = completion.choices().getFirst().message().content().orElseThrow();

    assertThat(seen.animal).isIn(Animal.CAT, Animal.DOG);
    assertThat(completion.choices().getFirst().finishReason())
        .isEqualTo(ChatCompletion.Choice.FinishReason.STOP);
  }

  @Test
  void langChain4jGetsAnObject() throws Exception {
    OpenAiChatModel model =
        OpenAiChatModel.builder()
            .baseUrl(address())
            .apiKey("none")
            .modelName("original")
            .maxTokens(100)
            .strictJsonSchema(true)
            .build();
    JsonObjectSchema schema =
        JsonObjectSchema.builder()
            .addEnumProperty("animal", List.of("cat", "dog"))
            .addBooleanProperty("asleep")
            .required("animal", "asleep")
            .build();
    ResponseFormat format =
        ResponseFormat.builder()
            .type(ResponseFormatType.JSON)
            .jsonSchema(JsonSchema.builder().name("seen").rootElement(schema).build())
            .build();
    ChatResponse response =
        model.chat(
            dev.langchain4j.model.chat.request.ChatRequest.builder()
                .messages(message())
                .responseFormat(format)
                .build());
    JsonNode seen = Client.json(response.aiMessage().text());

    assertThat(seen.propertyNames()).containsExactly("animal", "asleep");
    assertThat(seen.get("animal").asString()).isIn("cat", "dog");
    assertThat(seen.get("asleep").isBoolean()).isTrue();
  }

  /// Java's own client offers HTTP/2 with its first request, and sends a body of unknown length in
  /// chunks.
  @Test
  void javasOwnSendsABodyOfUnknownLength() throws Exception {
    byte[] body =
        Client.chat("\"max_tokens\":" + TOKENS + ",", QUESTION, Client.dataUri(Client.photo()))
            .getBytes(StandardCharsets.UTF_8);
    try (Client fresh = new Client(fixture.server.port())) {
      for (int time = 0; time < 2; time++) {
        Client.Reply reply =
            fresh.send(
                fresh
                    .to("/v1/chat/completions")
                    .POST(
                        HttpRequest.BodyPublishers.ofInputStream(
                            () -> new ByteArrayInputStream(body)))
                    .build());

        assertThat(reply.status()).as(reply.text()).isEqualTo(200);
        assertThat(reply.content()).isEqualTo(expected);
        assertThat(reply.response().version()).isEqualTo(HttpClient.Version.HTTP_1_1);
      }
    }
  }

  private String address() {
    return "http://127.0.0.1:" + fixture.server.port() + "/v1";
  }

  private static ChatCompletionCreateParams.Builder question() throws Exception {
    return ChatCompletionCreateParams.builder()
        .model("original")
        .maxCompletionTokens(TOKENS)
        .addUserMessageOfArrayOfContentParts(
            List.of(
                ChatCompletionContentPart.ofImageUrl(
                    ChatCompletionContentPartImage.builder()
                        .imageUrl(
                            ChatCompletionContentPartImage.ImageUrl.builder()
                                .url(Client.dataUri(Client.photo()))
                                .build())
                        .build()),
                ChatCompletionContentPart.ofText(
                    ChatCompletionContentPartText.builder().text(QUESTION).build())));
  }

  private static UserMessage message() throws Exception {
    String data = Base64.getEncoder().encodeToString(Files.readAllBytes(Client.photo()));
    return UserMessage.from(ImageContent.from(data, "image/jpeg"), TextContent.from(QUESTION));
  }
}
