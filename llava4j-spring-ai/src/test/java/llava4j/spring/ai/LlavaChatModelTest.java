package llava4j.spring.ai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import llava4j.ChatRequest;
import llava4j.Llava;
import llava4j.error.BadInputException;
import llava4j.generate.GenerationOptions;
import llava4j.image.ImageSource;
import llava4j.image.RgbImage;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.chat.observation.ChatModelObservationContext;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.content.Media;
import org.springframework.core.io.FileSystemResource;
import org.springframework.util.MimeTypeUtils;

/// The chat model over the bundled one.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LlavaChatModelTest {
  private static final Path CHECKOUT = Path.of("").toAbsolutePath().getParent();
  private static final String QUESTION = "What is in this image?";

  private final List<ChatModelObservationContext> observed = new CopyOnWriteArrayList<>();
  private final ObservationRegistry registry = ObservationRegistry.create();
  private Llava llava;
  private LlavaChatModel model;

  @BeforeAll
  void load() {
    llava = Llava.load(CHECKOUT.resolve("models/llava-tiny"));
    registry.observationConfig().observationHandler(new Observed());
    model = LlavaChatModel.builder().llava(llava).observationRegistry(registry).build();
  }

  private final class Observed implements ObservationHandler<ChatModelObservationContext> {
    @Override
    public void onStop(ChatModelObservationContext context) {
      observed.add(context);
    }

    @Override
    public boolean supportsContext(Observation.Context context) {
      return context instanceof ChatModelObservationContext;
    }
  }

  @BeforeEach
  void forget() {
    observed.clear();
  }

  @AfterAll
  void close() {
    model.close();
    assertThat(llava.ask("Is the sky blue?")).as("the model is not the adapter's").isNotNull();
    llava.close();
  }

  private static Path file(String name) {
    return CHECKOUT.resolve("examples/images").resolve(name + ".png");
  }

  private static Media image(String name) {
    return new Media(MimeTypeUtils.IMAGE_PNG, new FileSystemResource(file(name)));
  }

  private static RgbImage decoded(String name) {
    return Llava.decode(new ImageSource.OfFile(file(name)));
  }

  private static Prompt about(ChatOptions options, Media... media) {
    return new Prompt(UserMessage.builder().text(QUESTION).media(media).build(), options);
  }

  @Test
  void anImageIsSeen() {
    ChatResponse response = model.call(about(null, image("penguin")));

    assertThat(text(response))
        .containsIgnoringCase("penguin")
        .isEqualTo(llava.ask(file("penguin"), QUESTION));
    assertThat(response.getResult().getMetadata().getFinishReason()).isEqualTo("STOP");
    assertThat(response.getMetadata().getModel()).isEqualTo(llava.name());
    var usage = response.getMetadata().getUsage();
    assertThat(usage.getTotalTokens())
        .isEqualTo(usage.getPromptTokens() + usage.getCompletionTokens());
    assertThat(((LlavaUsage) usage.getNativeUsage()).imageTokens())
        .isPositive()
        .isLessThan(usage.getPromptTokens());
    assertThat(observed)
        .singleElement()
        .satisfies(context -> {
          assertThat(context.getResponse()).isSameAs(response);
          assertThat(context.isStreaming()).isFalse();
        });
  }

  private static String text(ChatResponse response) {
    return response.getResult().getOutput().getText();
  }

  @Test
  void anImageIsTheSameAsBytesAsBase64AndAsADataUri() throws IOException {
    String base64 = Base64.getEncoder().encodeToString(Files.readAllBytes(file("pizza")));
    String expected = llava.ask(file("pizza"), QUESTION);

    for (String data : List.of(base64, "data:image/png;base64," + base64)) {
      Media media = Media.builder().mimeType(MimeTypeUtils.IMAGE_PNG).data(data).build();
      assertThat(text(model.call(about(null, media)))).isEqualTo(expected);
    }
  }

  @Test
  void aConversationIsTheOneThatTheModelGets() {
    Prompt prompt =
        new Prompt(
            List.of(
                new SystemMessage("You are brief."),
                UserMessage.builder().text(QUESTION).media(image("moon"), image("pizza")).build(),
                new AssistantMessage("A moon and a pizza."),
                new UserMessage("What is round?")));
    ChatRequest expected =
        new ChatRequest(
            List.of(
                new llava4j.ChatMessage.User(QUESTION, List.of(decoded("moon"), decoded("pizza"))),
                new llava4j.ChatMessage.Assistant("A moon and a pizza."),
                new llava4j.ChatMessage.User("What is round?", List.of())),
            java.util.Optional.of("You are brief."),
            GenerationOptions.greedy());

    assertThat(text(model.call(prompt))).isEqualTo(llava.answer(expected).text());
  }

  @Test
  void optionsHold() {
    LlavaChatOptions sampled =
        LlavaChatOptions.builder().temperature(1.5).topP(0.95).seed(7L).maxTokens(3).build();
    ChatResponse cut = model.call(about(sampled, image("bicycle")));

    assertThat(cut.getResult().getMetadata().getFinishReason()).isEqualTo("LENGTH");
    assertThat(cut.getMetadata().getUsage().getCompletionTokens()).isEqualTo(3);
    assertThat(text(model.call(about(sampled, image("bicycle"))))).isEqualTo(text(cut));
    String whole = llava.ask(file("penguin"), QUESTION);
    String stop = whole.substring(whole.length() / 2, whole.length() / 2 + 3);
    ChatResponse stopped =
        model.call(
            about(
                LlavaChatOptions.builder().stopSequences(List.of(stop)).build(), image("penguin")));
    assertThat(text(stopped)).isEqualTo(whole.substring(0, whole.indexOf(stop)).strip());
    assertThatThrownBy(() -> model.call(about(LlavaChatOptions.builder().model("gpt-5").build())))
        .isExactlyInstanceOf(BadInputException.class)
        .hasMessageContaining("there is no model 'gpt-5'");
  }

  /// What a client wants to know of an image.
  record Seen(Thing thing, boolean alive) {
    enum Thing {
      penguin,
      pizza,
      moon
    }
  }

  @Test
  void aClientGetsAnObjectForCertain() {
    Seen seen =
        ChatClient.create(model)
            .prompt()
            .user(user -> user.text(QUESTION).media(image("penguin")))
            .call()
            .entity(Seen.class, spec -> spec.useProviderStructuredOutput());

    assertThat(seen).isNotNull();
    assertThat(seen.thing()).isNotNull();
  }

  @Test
  void aStreamHasTheSameText() {
    List<ChatResponse> all = new ArrayList<>();
    model.stream(about(null, image("hamburger")))
        .doOnNext(all::add)
        .blockLast(Duration.ofMinutes(1));
    Generation last = all.getLast().getResult();

    assertThat(all).hasSizeGreaterThan(2);
    assertThat(String.join("", all.stream().map(LlavaChatModelTest::text).toList()))
        .isEqualTo(llava.ask(file("hamburger"), QUESTION));
    assertThat(last.getMetadata().getFinishReason()).isEqualTo("STOP");
    assertThat(all.getLast().getMetadata().getUsage().getCompletionTokens()).isPositive();
    assertThat(observed)
        .singleElement()
        .satisfies(context -> assertThat(context.getResponse()).isSameAs(all.getLast()));
  }

  /// This answer has hundreds of tokens unless the client ends it.
  @Test
  void aCancelledStreamEndsItsAnswer() {
    LlavaChatOptions options =
        LlavaChatOptions.builder()
            .maxTokens(1000)
            .outputSchema("{\"type\":\"array\",\"items\":{\"const\":1},\"minItems\":300}")
            .build();
    LlavaChatModel own =
        LlavaChatModel.builder().llava(llava).observationRegistry(registry).build();
    List<ChatResponse> pieces =
        own.stream(about(options, image("moon"))).take(3).collectList().block();
    own.close(); // waits for the answer
    ChatResponse end = observed.getFirst().getResponse();

    assertThat(pieces).hasSize(3);
    assertThat(end.getResult().getMetadata().getFinishReason()).isEqualTo("CANCELLED");
    assertThat(end.getMetadata().getUsage().getCompletionTokens()).isLessThan(300);
  }
}
