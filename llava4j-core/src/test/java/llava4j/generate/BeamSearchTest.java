package llava4j.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import llava4j.golden.GoldenModel;
import llava4j.model.SplicedPrompt;
import llava4j.model.cache.KvCache;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.text.PromptEncoder;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Beam search honours every option, judged by scores that are computed here from scratch. Always
/// on the committed weights: on others four beams may well end below one.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BeamSearchTest {
  private static final int TOKENS = 6;
  private static final GenerationOptions BEAMS =
      GenerationOptions.greedy().withMaxNewTokens(TOKENS).withDecoding(new Decoding.Beam(4, 0));

  private GoldenModel golden;
  private int[] ids;

  @BeforeAll
  void load() {
    golden = GoldenModel.openCommitted("original");
    ids = new PromptEncoder(golden.tokenizer(), true).encode("USER: What is it? ASSISTANT:");
  }

  @AfterAll
  void close() {
    golden.close();
  }

  @Test
  void manyBeamsFindWhatIsAtLeastAsLikelyAsOne() {
    double one = score(answer(BEAMS.withDecoding(new Decoding.Beam(1, 0))), 1);
    Generation four = answer(BEAMS);
    assertThat(score(four, 1)).isGreaterThanOrEqualTo(one - 1e-4);
    assertThat(answer(BEAMS.withDecoding(new Decoding.Beam(1, 0))).ids())
        .isEqualTo(answer(BEAMS.withDecoding(new Decoding.Greedy())).ids());
  }

  @Test
  void theRepetitionPenaltyDecidesTheWinner() {
    double penalty = 3;
    Generation plain = answer(BEAMS);
    Generation penalised = answer(BEAMS.withRepetitionPenalty(penalty));
    Generation greedy =
        answer(BEAMS.withDecoding(new Decoding.Beam(1, 0)).withRepetitionPenalty(penalty));
    assertThat(score(penalised, penalty))
        .isGreaterThanOrEqualTo(score(greedy, penalty) - 1e-4)
        .isGreaterThanOrEqualTo(score(plain, penalty) - 1e-4);
    assertThat(repeats(penalised)).isLessThanOrEqualTo(repeats(plain));
  }

  @Test
  void logProbabilitiesAreThoseOfTheWinnersTokens() {
    Generation answer = answer(BEAMS.withTopLogProbs(2));
    assertThat(answer.ids()).isEqualTo(answer(BEAMS).ids());
    assertThat(answer.logProbs()).hasSize(answer.ids().length);
    double sum = 0;
    for (int i = 0; i < answer.ids().length; i++) {
      assertThat(answer.logProbs().get(i).chosen().id()).isEqualTo(answer.ids()[i]);
      assertThat(answer.logProbs().get(i).top()).hasSize(2);
      sum += answer.logProbs().get(i).chosen().value();
    }
    assertThat(sum).isCloseTo(score(answer, 1), within(0.05));
  }

  @Test
  void aStopStringEndsABeam() {
    String whole = answer(BEAMS).text();
    assertThat(whole.length()).isGreaterThan(3);
    String stop = whole.substring(whole.length() / 2, whole.length() / 2 + 1);
    Generation answer =
        answer(BEAMS.withDecoding(new Decoding.Beam(1, 0)).withStopStrings(List.of(stop), false));
    assertThat(answer.text())
        .isEqualTo(
            whole(1)
                .substring(
                    0, whole(1).indexOf(stop) < 0 ? whole(1).length() : whole(1).indexOf(stop)));
    Generation four = answer(BEAMS.withStopStrings(List.of(stop), false));
    assertThat(four.text()).doesNotContain(stop);
  }

  @Test
  void cancellingEndsTheSearchWithTheBestSoFar() {
    int[] asked = {0};
    Generation answer = answer(BEAMS, () -> ++asked[0] > 4); // once before the prompt
    assertThat(answer.finishReason()).isEqualTo(FinishReason.CANCELLED);
    assertThat(answer.ids()).hasSize(3);
  }

  @Test
  void anEndTokenEndsABeam() {
    int[] free = answer(BEAMS).ids();
    Generator generator = golden.generator(free[2]);
    try (Scope _ = new Scope()) {
      Generation answer =
          generator.generate(prompt(), BEAMS, TextListener.NONE, () -> false).answers().getFirst();
      if (answer.finishReason() == FinishReason.END) {
        assertThat(answer.ids()[answer.ids().length - 1]).isEqualTo(free[2]);
      } else {
        assertThat(answer.ids()).hasSize(TOKENS).doesNotContain(free[2]);
      }
    }
  }

  @Test
  void answersAreThoseOfTransformers() throws IOException {
    JsonNode cases;
    try (InputStream file =
        BeamSearchTest.class.getResourceAsStream("/cases/beams/expected.json")) {
      cases = new JsonMapper().readTree(file);
    }
    int[] given = cases.get("prompt").valueStream().mapToInt(JsonNode::asInt).toArray();
    List<String> different = new ArrayList<>();
    for (JsonNode row : cases.get("rows")) {
      Decoding.Beam beam =
          new Decoding.Beam(row.get("beams").asInt(), row.get("length_penalty").asDouble());
      GenerationOptions options =
          BEAMS.withDecoding(beam).withMaxNewTokens(row.get("max_tokens").asInt());
      int[] wanted = row.get("ids").valueStream().mapToInt(JsonNode::asInt).toArray();
      try (Scope _ = new Scope()) {
        int[] found =
            golden
                .generator(row.get("eos").asInt())
                .generate(
                    golden.model().splicer().splice(given, List.of()),
                    options,
                    TextListener.NONE,
                    () -> false)
                .answers()
                .getFirst()
                .ids();
        if (!Arrays.equals(found, wanted)) {
          different.add(row + " but " + Arrays.toString(found));
        }
      }
    }
    assertThat(cases.get("rows")).hasSizeGreaterThan(100);
    assertThat(different).isEmpty();
  }

  private String whole(int beams) {
    return answer(BEAMS.withDecoding(new Decoding.Beam(beams, 0))).text();
  }

  private Generation answer(GenerationOptions options) {
    return answer(options, () -> false);
  }

  private Generation answer(GenerationOptions options, BooleanSupplier cancelled) {
    try (Scope _ = new Scope()) {
      return golden
          .generator(golden.tokenizer().eosId())
          .generate(prompt(), options, TextListener.NONE, cancelled)
          .answers()
          .getFirst();
    }
  }

  private SplicedPrompt prompt() {
    return golden.model().splicer().splice(ids, List.of());
  }

  private static long repeats(Generation answer) {
    Set<Integer> different = new HashSet<>();
    for (int id : answer.ids()) {
      different.add(id);
    }
    return (long) answer.ids().length - different.size();
  }

  /// The sum of the answer's log-probabilities, each multiplied by the penalty where its token
  /// stood before; computed with a fresh cache, token by token.
  private double score(Generation answer, double penalty) {
    Set<Integer> seen = new HashSet<>();
    for (int id : ids) {
      seen.add(id);
    }
    double sum = 0;
    try (Scope _ = new Scope();
        KvCache cache = golden.model().languageModel().newCache()) {
      float[] logits = Tensors.toFloats(golden.model().forward(prompt().embeddings(), cache));
      for (int id : answer.ids()) {
        double chosen = logits[id] - LogProbabilities.logSumExp(logits);
        sum += seen.contains(id) ? chosen * penalty : chosen;
        seen.add(id);
        Tensor next =
            golden.model().languageModel().embed(new int[] {id}).unsqueeze(0); // [1, 1, dim]
        logits = Tensors.toFloats(golden.model().forward(next, cache));
      }
    }
    return sum;
  }
}
