package llava4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import llava4j.error.BadInputException;
import llava4j.generate.Decoding;
import llava4j.generate.Generation;
import llava4j.generate.Generation.TokenLogProbs;
import llava4j.generate.GenerationOptions;
import llava4j.golden.Golden;
import llava4j.image.RgbColor;
import llava4j.image.RgbImage;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Requests side by side get what each gets alone.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AnswerAllTest {
  private Llava llava;

  @BeforeAll
  void load() {
    llava = Llava.load(Golden.path("original"));
  }

  @AfterAll
  void close() {
    llava.close();
  }

  static Stream<GenerationOptions> options() {
    GenerationOptions shortly = GenerationOptions.greedy().withMaxNewTokens(7);
    Decoding sample = new Decoding.Sample(1.3, 20, 0.95, 0, 11);
    return Stream.of(
        shortly,
        shortly.withTopLogProbs(3),
        shortly.withRepetitionPenalty(1.4).withTopLogProbs(0),
        shortly.withDecoding(sample),
        shortly.withDecoding(sample).withNumAnswers(3).withRepetitionPenalty(1.2),
        shortly.withStopStrings(List.of("e", "a"), true),
        shortly.withDecoding(new Decoding.Beam(3, 1)).withTopLogProbs(2),
        shortly.withDecoding(new Decoding.Beam(2, 0)).withRepetitionPenalty(1.5));
  }

  @ParameterizedTest
  @MethodSource("options")
  void eachRequestGetsWhatItGetsAlone(GenerationOptions options) {
    List<ChatRequest> requests = requests();
    List<Generation> together = llava.answerAll(requests, options);
    List<Generation> alone = new ArrayList<>();
    for (ChatRequest request : requests) {
      alone.addAll(llava.answer(request.withOptions(options)).answers());
    }
    assertThat(together).hasSize(requests.size() * options.numAnswers());
    for (int i = 0; i < together.size(); i++) {
      assertThat(together.get(i).ids()).as("answer " + i).isEqualTo(alone.get(i).ids());
      assertThat(together.get(i).text()).isEqualTo(alone.get(i).text());
      assertThat(together.get(i).finishReason()).isEqualTo(alone.get(i).finishReason());
      same(together.get(i).logProbs(), alone.get(i).logProbs());
    }
  }

  @Test
  void aQuestionBeyondTheContextIsRefusedAsItIsAlone() {
    ChatRequest endless =
        ChatRequest.of(List.of(), "word ".repeat(llava.model().config().contextLength()));
    List<ChatRequest> requests = List.of(requests().getFirst(), endless);
    assertThatThrownBy(() -> llava.answerAll(requests, GenerationOptions.greedy()))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith("request 2 of 2: ")
        .hasMessageContaining("too many for the context");
  }

  @Test
  void noRequestsGetNoAnswers() {
    assertThat(llava.answerAll(List.of(), GenerationOptions.greedy())).isEmpty();
  }

  private static void same(List<TokenLogProbs> found, List<TokenLogProbs> expected) {
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < found.size(); i++) {
      assertThat(found.get(i).chosen().value())
          .isCloseTo(expected.get(i).chosen().value(), within(1e-3f));
      assertThat(found.get(i).top()).hasSameSizeAs(expected.get(i).top());
    }
  }

  private static List<ChatRequest> requests() {
    RgbImage red = RgbImage.filled(40, 30, new RgbColor(220, 10, 10));
    return List.of(
        ChatRequest.of(List.of(red), "What is it?"),
        ChatRequest.of(List.of(), "Say something long about many things, please."),
        ChatRequest.of(List.of(red), "Why?"));
  }
}
