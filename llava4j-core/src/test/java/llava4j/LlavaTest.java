package llava4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import llava4j.error.BadInputException;
import llava4j.generate.Decoding;
import llava4j.generate.FinishReason;
import llava4j.generate.Generation;
import llava4j.generate.GenerationOptions;
import llava4j.generate.TextListener;
import llava4j.golden.AllocatedMemory;
import llava4j.golden.Golden;
import llava4j.image.RgbColor;
import llava4j.image.RgbImage;
import llava4j.text.template.ConversationTemplate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/// The door, as an embedder uses it.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("slow")
class LlavaTest {
  private static final GenerationOptions SHORT = GenerationOptions.greedy().withMaxNewTokens(8);

  private Llava llava;
  private RgbImage image;

  @BeforeAll
  void load() {
    llava = Llava.load(Golden.path("original"));
    image = Llava.decode(new llava4j.image.ImageSource.OfFile(Golden.path("images/photo_420.jpg")));
  }

  @AfterAll
  void close() {
    llava.close();
  }

  @ParameterizedTest
  @MethodSource("dialects")
  void everyDialectSaysTheReferenceWordsOfAImageFile(String model) {
    // the reference asked all of them alike; the Hugging Face folder's own template has no system
    // text
    LoadOptions options = LoadOptions.defaults().withTemplate(ConversationTemplate.VICUNA_V1);
    try (Llava other = Llava.load(Golden.path(model).toString(), options)) {
      long compared = 0;
      long different = 0;
      for (JsonNode goldenCase : Golden.json("forward/hf/cases.json")) {
        String prompt = goldenCase.get("prompts").get(0).asString();
        int user = prompt.indexOf("USER: <image>\n");
        boolean single =
            goldenCase.get("images").size() == 1 && user >= 0 && prompt.endsWith(" ASSISTANT:");
        if (!single || goldenCase.get("images").get(0).isNull() || prompt.indexOf("</s>") >= 0) {
          continue;
        }
        Path file = Golden.path("images/" + goldenCase.get("images").get(0).asString());
        String question =
            prompt.substring(
                user + "USER: <image>\n".length(), prompt.length() - " ASSISTANT:".length());
        RgbImage image = Llava.decode(new llava4j.image.ImageSource.OfFile(file));
        int tokens = goldenCase.get("greedy").get("max_new_tokens").asInt();
        ChatRequest request =
            ChatRequest.of(List.of(image), question)
                .withOptions(GenerationOptions.greedy().withMaxNewTokens(tokens));
        String expected = goldenCase.get("greedy").get("text").get(0).asString().strip();
        different += other.answer(request).text().equals(expected) ? 0 : 1;
        compared++;
      }
      Golden.checkExact(model + " words about image files", compared, different);
    }
  }

  static Stream<String> dialects() {
    return Stream.concat(
        Golden.models("original", "hf").stream(), Stream.of("gguf/model-f16.gguf"));
  }

  @Test
  void aRedImageThenABlueOneChangesTheAnswer() {
    RgbImage red = RgbImage.filled(40, 40, new RgbColor(255, 0, 0));
    RgbImage blue = RgbImage.filled(40, 40, new RgbColor(0, 0, 255));
    String aboutRed = ask(red).text();
    String aboutBlue = ask(blue).text();
    assertThat(aboutBlue).isNotEqualTo(aboutRed);
    assertThat(ask(red).text()).isEqualTo(aboutRed);
  }

  @Test
  void aChatComputesOnlyWhatIsNewAndSaysTheSame() {
    ChatSession chat = llava.chat();
    chat.setOptions(SHORT);
    ChatResponse first = chat.say("What is it?", List.of(image));
    ChatResponse second = chat.say("And what colour?");
    assertThat(second.cachedTokens()).isGreaterThanOrEqualTo(first.promptTokens() - 1);
    ChatRequest whole =
        new ChatRequest(chat.history().subList(0, 3), java.util.Optional.empty(), SHORT);
    try (Llava other = Llava.load(Golden.path("original"))) {
      ChatResponse fresh = other.answer(whole);
      assertThat(fresh.cachedTokens()).isZero();
      assertThat(fresh.text()).isEqualTo(second.text());
    }
  }

  @Test
  void whatIsForgottenIsComputedAgain() {
    String first = ask(image).text();
    ChatResponse again = ask(image);
    assertThat(again.cachedTokens()).isEqualTo(again.promptTokens() - 1);
    long encoded = llava.reuse().imageMisses();
    llava.forget();
    ChatResponse forgotten = ask(image);
    assertThat(forgotten.cachedTokens()).isZero();
    assertThat(llava.reuse().imageMisses()).isEqualTo(encoded + 1);
    assertThat(forgotten.text()).isEqualTo(first);
  }

  @Test
  void oneTenantFindsNothingOfAnother() {
    ChatRequest request = ChatRequest.of(List.of(image), "Whose is it?").withOptions(SHORT);
    ChatResponse first = llava.answer(request.withTenant("a"));
    long encoded = llava.reuse().imageMisses();
    ChatResponse other = llava.answer(request.withTenant("b"));

    assertThat(other.cachedTokens()).isZero();
    assertThat(llava.reuse().imageMisses()).isEqualTo(encoded + 1);
    assertThat(other.text()).isEqualTo(first.text());
    assertThat(llava.answer(request.withTenant("b")).cachedTokens())
        .isEqualTo(other.promptTokens() - 1);
    for (String tenant : List.of("c", "d")) {
      assertThat(continued(tenant).cachedTokens()).isZero();
      assertThat(continued(tenant).cachedTokens()).isPositive();
    }
  }

  private ChatResponse continued(String tenant) {
    return llava.complete("A text", SHORT, tenant, TextListener.NONE, () -> false);
  }

  @Test
  void anotherImageInTheSameWordsIsNotTakenFromTheCache() {
    RgbImage other = RgbImage.filled(30, 50, new RgbColor(10, 200, 30));
    ChatSession chat = llava.chat();
    chat.setOptions(SHORT);
    chat.say("What is it?", List.of(image));
    chat.reset();
    assertThat(chat.say("What is it?", List.of(other)).text()).isEqualTo(ask(other).text());
  }

  @Test
  void streamedPiecesAreTheAnswer() {
    StringBuilder heard = new StringBuilder();
    ChatResponse response =
        llava.answer(request(image), (_, text) -> heard.append(text), () -> false);
    assertThat(heard.toString().strip()).isEqualTo(response.text());
  }

  @Test
  void cancellingKeepsWhatWasSaid() {
    Cancellation cancellation = new Cancellation();
    ChatRequest request = request(image).withOptions(SHORT.withMaxNewTokens(400));
    ChatResponse response = llava.answer(request, (_, _) -> cancellation.cancel(), cancellation);
    Generation answer = response.answers().getFirst();
    assertThat(answer.finishReason()).isEqualTo(FinishReason.CANCELLED);
    assertThat(answer.text()).isNotEmpty();
    assertThat(answer.ids().length).isLessThan(20);
  }

  @Test
  void manyThreadsShareOneModel() throws Exception {
    String expected = ask(image).text();
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<String>> answers = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        RgbImage own = RgbImage.filled(20 + i, 30, new RgbColor(20 * i, 0, 255 - 20 * i));
        answers.add(
            threads.submit(() -> {
              ask(own);
              return ask(image).text();
            }));
      }
      for (Future<String> answer : answers) {
        assertThat(answer.get()).isEqualTo(expected);
      }
    }
  }

  @Test
  void equalSeedsGiveEqualAnswersAndDifferentOnesDiffer() {
    GenerationOptions sampled =
        SHORT.withDecoding(new Decoding.Sample(1.5, 0, 1, 0, 7)).withNumAnswers(3);
    List<String> once = texts(llava.answer(request(image).withOptions(sampled)));
    List<String> again = texts(llava.answer(request(image).withOptions(sampled)));
    assertThat(again).isEqualTo(once);
    assertThat(once).doesNotHaveDuplicates();
  }

  @Test
  void oneBeamIsGreedy() {
    GenerationOptions one = SHORT.withDecoding(new Decoding.Beam(1, 0));
    assertThat(llava.answer(request(image).withOptions(one)).text()).isEqualTo(ask(image).text());
  }

  @Test
  void aQuestionBeyondTheContextSaysHowFarBeyond() {
    String endless = "word ".repeat(llava.model().config().contextLength());
    assertThatThrownBy(() -> llava.ask(endless))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(
            "too many for the context of " + llava.model().config().contextLength());
  }

  @Test
  void theContextsEndIsAFinishReason() {
    int room = llava.model().config().contextLength();
    int words = (room - 120) / 2;
    ChatRequest request =
        ChatRequest.of(List.of(), "a ".repeat(words))
            .withOptions(GenerationOptions.greedy().withMaxNewTokens(1));
    int used = llava.answer(request).promptTokens();
    assertThat(used).isLessThan(room);
    GenerationOptions more = GenerationOptions.greedy().withMaxNewTokens(room);
    Generation answer = llava.answer(request.withOptions(more)).answers().getFirst();
    // this model may end by itself before; DecodingTest has one that cannot
    boolean full = used + answer.ids().length == room;
    assertThat(answer.finishReason())
        .isEqualTo(full ? FinishReason.CONTEXT_FULL : FinishReason.END);
  }

  @Test
  void imagesAndPlaceholdersMustAgree() {
    assertThatThrownBy(
            () -> llava.answer(ChatRequest.of(List.of(image), "Compare <image> and <image>.")))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("2 time(s)");
  }

  @Test
  void aThousandTurnsLeaveMemoryFlat() {
    GenerationOptions two = GenerationOptions.greedy().withMaxNewTokens(2);
    ChatSession chat = llava.chat();
    chat.setOptions(two);
    double afterWarmUp = 0;
    for (int turn = 0; turn < 1000; turn++) {
      if (turn % 5 == 0) {
        chat.reset();
        chat.say(
            "What is it?",
            List.of(RgbImage.filled(10 + turn % 40, 20, new RgbColor(turn % 256, 0, 0))));
      } else {
        chat.say("And " + turn + "?");
      }
      if (turn == 300) {
        afterWarmUp = withoutCachesKilobytes();
      }
    }
    double perTurn = (withoutCachesKilobytes() - afterWarmUp) / 699.0;
    Golden.check("a thousand turns, allocated kB per turn", perTurn, 5);
  }

  /// Allocated memory but for what is kept on purpose, which has limits.
  private double withoutCachesKilobytes() {
    Llava.Reuse reuse = llava.reuse();
    return (AllocatedMemory.settled() - reuse.cacheBytes() - reuse.imageBytes()) / 1024.0;
  }

  private ChatRequest request(RgbImage image) {
    return ChatRequest.of(List.of(image), "What is it?").withOptions(SHORT);
  }

  private ChatResponse ask(RgbImage image) {
    return llava.answer(request(image));
  }

  private static List<String> texts(ChatResponse response) {
    return response.answers().stream().map(Generation::text).toList();
  }
}
