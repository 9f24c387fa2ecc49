package llava4j.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import llava4j.ChatMessage;
import llava4j.ChatRequest;
import llava4j.ChatResponse;
import llava4j.Llava;
import llava4j.constraint.Constraint;
import llava4j.constraint.ConstraintState;
import llava4j.constraint.token.TokenTrie;
import llava4j.error.BadInputException;
import llava4j.generate.FinishReason;
import llava4j.generate.Generation;
import llava4j.generate.GenerationOptions;
import llava4j.generate.RequiredForm;
import llava4j.generate.TextListener;
import llava4j.image.ImageSource;

/// Stands for a model that knows what LangChain4j's own tests ask. Only the words are scripted: it
/// reads the conversation, the decoded images and the options that the adapter made, and holds
/// itself to them. A word is a token. An answer of a required form is held against the constraint.
final class ScriptedAnswerer implements Answerer {
  private static final int END = 256;
  private static final Pattern WORDS = Pattern.compile("(?= )");
  private static final TokenTrie BYTES = bytes();

  /// What each image is, by its decoded pixels.
  private static final Map<String, String> IMAGES =
      Map.of(pixels("cat"), "a cat", pixels("dice"), "some dice");

  static byte[] file(String name) {
    try (var in = ScriptedAnswerer.class.getResourceAsStream("/images/" + name + ".jpg")) {
      return in.readAllBytes();
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static String pixels(String name) {
    return Llava.decode(new ImageSource.OfBytes(name, file(name))).sha256();
  }

  private static TokenTrie bytes() {
    List<byte[]> tokens = new ArrayList<>();
    for (int i = 0; i < END; i++) {
      tokens.add(new byte[] {(byte) i});
    }
    tokens.add(new byte[0]);
    return TokenTrie.of(tokens, Set.of(END));
  }

  @Override
  public String name() {
    return "scripted";
  }

  @Override
  public ChatResponse answer(
      ChatRequest request, TextListener listener, BooleanSupplier cancelled) {
    GenerationOptions options = request.options();
    String words = words(request);
    options.constraint().ifPresent(form -> requireAllowed(form, words));
    StringBuilder text = new StringBuilder();
    int tokens = 0;
    FinishReason reason = FinishReason.END;
    for (String word : WORDS.splitAsStream(words).toList()) {
      if (cancelled.getAsBoolean()) {
        reason = FinishReason.CANCELLED;
        break;
      }
      if (tokens == options.maxNewTokens()) {
        reason = FinishReason.MAX_TOKENS;
        break;
      }
      tokens++;
      String stop = options.stopStrings().stream().filter(word::contains).findFirst().orElse(null);
      String piece = stop == null ? word : word.substring(0, word.indexOf(stop));
      text.append(piece);
      listener.onText(0, piece);
      if (stop != null) {
        reason = FinishReason.STOP_STRING;
        break;
      }
    }
    return response(request, text.toString(), tokens, reason);
  }

  private static ChatResponse response(
      ChatRequest request, String text, int tokens, FinishReason reason) {
    int images =
        request.messages().stream()
            .mapToInt(one -> one instanceof ChatMessage.User user ? user.images().size() : 0)
            .sum();
    int prompt =
        request.messages().stream()
                .mapToInt(one -> (int) WORDS.splitAsStream(one.text()).count())
                .sum()
            + images;
    return new ChatResponse(
        List.of(new Generation(new int[tokens], text, reason, List.of())),
        prompt,
        0,
        images,
        new ChatResponse.Timing(Duration.ZERO, Duration.ZERO, Duration.ZERO));
  }

  private static String words(ChatRequest request) {
    ChatMessage.User last = (ChatMessage.User) request.messages().getLast();
    String question = last.text();
    if (!last.images().isEmpty()) {
      return "I see "
          + last.images().stream()
              .map(image -> IMAGES.get(image.sha256()))
              .collect(Collectors.joining(" and "));
    }
    if (question.contains("favorite color")) {
      return "It is "
          + (request.messages().getFirst().text().contains("green") ? "green" : "unknown");
    }
    if (request.system().isPresent()) {
      assertThat(request.system()).hasValue("Translate messages from user into German");
      return "Ich liebe dich";
    }
    if (question.contains("capital of Germany")) {
      return request.options().constraint().isPresent()
          ? "{\"city\": \"Berlin\"}"
          : "The capital of Germany is Berlin, and two and two are four.";
    }
    return switch (question) {
      case "Say 'Hello World'" -> "Hello World";
      case "hello" -> "Hello, how can I help you on this fine day?";
      case "Tell me a long story about animals" -> "A dog and a cat met a cow. ".repeat(200);
      case "this message will fail" ->
          throw new BadInputException("this message fails; do not send it");
      default -> throw new AssertionError("nothing is scripted for: " + question);
    };
  }

  /// Throws if the text is not what the constraint lets through, as a whole.
  private static void requireAllowed(RequiredForm form, String text) {
    Constraint constraint =
        switch (form) {
          case RequiredForm.Compiled(Constraint compiled) -> compiled;
          case RequiredForm.Compiling(CompletableFuture<Constraint> compiling) -> compiling.join();
        };
    ConstraintState state = constraint.start(BYTES);
    for (byte one : text.getBytes(StandardCharsets.UTF_8)) {
      state.accept(one & 0xff);
    }
    state.accept(END);
  }

  @Override
  public void close() {}
}
