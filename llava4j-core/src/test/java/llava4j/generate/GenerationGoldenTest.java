package llava4j.generate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import llava4j.generate.Generation.LogProb;
import llava4j.generate.Generation.TokenLogProbs;
import llava4j.golden.Golden;
import llava4j.golden.GoldenCase;
import llava4j.golden.GoldenModel;
import llava4j.model.SplicedPrompt;
import llava4j.tensor.Scope;
import llava4j.text.PromptEncoder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/// Greedy answers of every dialect against the Python original's, token by token.
class GenerationGoldenTest {
  private static final double LOGPROB_TOLERANCE = 1e-3;

  @ParameterizedTest
  @MethodSource("llava4j.golden.GoldenCase#dialects")
  void greedyAnswersEqualTheReference(String folder, String cases) {
    try (GoldenModel golden = GoldenModel.open(folder)) {
      for (GoldenCase goldenCase : GoldenCase.all(cases)) {
        String what = folder + " " + goldenCase.name();
        checkPromptIds(what, golden, goldenCase);
        checkGreedy(what, golden, goldenCase, goldenCase.json().get("greedy"));
        checkGreedy(what + " other ends", golden, goldenCase, goldenCase.json().get("greedy_eos"));
        // the reference stops at strings in single prompts only
        assertThat(goldenCase.json().path("stop_string").isObject())
            .as(what)
            .isEqualTo(goldenCase.ids().size() == 1);
        if (goldenCase.ids().size() == 1) {
          checkStopString(what, golden, goldenCase);
        }
      }
    }
  }

  private static void checkPromptIds(String what, GoldenModel golden, GoldenCase goldenCase) {
    PromptEncoder encoder =
        new PromptEncoder(golden.tokenizer(), goldenCase.json().get("bos").asBoolean());
    List<int[]> expected = goldenCase.ids();
    long different = 0;
    for (int row = 0; row < expected.size(); row++) {
      int[] found = encoder.encode(goldenCase.json().get("prompts").get(row).asString());
      different += Arrays.equals(expected.get(row), found) ? 0 : 1;
    }
    Golden.checkExact(what + " prompt ids", expected.size(), different);
  }

  private static void checkGreedy(
      String what, GoldenModel golden, GoldenCase goldenCase, JsonNode expected) {
    assertThat(expected).as(what).isNotNull();
    Generator generator = golden.generator(Golden.ints(expected.get("eos_token_ids")));
    GenerationOptions options =
        GenerationOptions.greedy()
            .withMaxNewTokens(expected.get("max_new_tokens").asInt())
            .withTopLogProbs(5);
    try (Scope _ = new Scope()) {
      List<SplicedPrompt> prompts = goldenCase.prompts(golden.model());
      List<Generation> together =
          generator
              .generateAll(
                  prompts.stream().map(prompt -> new Generator.Request(prompt, options)).toList(),
                  (_, _, _) -> {},
                  () -> false)
              .stream()
              .map(finished -> finished.answers().getFirst())
              .toList();
      List<Generation> alone = new ArrayList<>();
      for (SplicedPrompt prompt : prompts) {
        // a generator that has seen nothing
        Generator fresh = golden.generator(Golden.ints(expected.get("eos_token_ids")));
        alone.addAll(fresh.generate(prompt, options, TextListener.NONE, () -> false).answers());
      }
      checkAnswers(what + " greedy, batch", golden, expected, together);
      checkAnswers(what + " greedy, alone", golden, expected, alone);
      if (expected.has("steps")) {
        Golden.check(
            what + " log-probabilities",
            worstLogProb(expected.get("steps"), alone, hasMoreRows(golden, goldenCase)),
            LOGPROB_TOLERANCE);
      }
    }
  }

  private static void checkAnswers(
      String what, GoldenModel golden, JsonNode expected, List<Generation> found) {
    long compared = 0;
    long different = 0;
    for (int row = 0; row < found.size(); row++) {
      int[] ids = Golden.ints(rowOf(expected.get("ids"), row));
      String text = textOf(expected.get("text"), row);
      different += Arrays.equals(ids, found.get(row).ids()) ? 0 : 1;
      different += text.equals(golden.tokenizer().decode(found.get(row).ids(), true)) ? 0 : 1;
      compared += 2;
    }
    Golden.checkExact(what, compared, different);
  }

  private static JsonNode rowOf(JsonNode ids, int row) {
    return ids.get(0).isArray() ? ids.get(row) : ids;
  }

  private static String textOf(JsonNode text, int row) {
    return text.isArray() ? text.get(row).asString() : text.asString();
  }

  /// Whether the head has rows that the reference, which is of the original's vocabulary, had not.
  private static boolean hasMoreRows(GoldenModel golden, GoldenCase goldenCase) {
    long[] logits = goldenCase.tensors().get("logits").shape(); // [batch, positions, vocab]
    return golden.model().config().text().vocab() > logits[logits.length - 1];
  }

  /// The largest difference of log-probabilities. Where the head has more rows, these take a share
  /// of every step's whole: then none may be above the reference's, and their distances are
  /// compared.
  private static double worstLogProb(JsonNode steps, List<Generation> found, boolean hasMoreRows) {
    double worst = 0;
    assertThat(steps.size()).isPositive();
    for (int row = 0; row < found.size(); row++) {
      assertThat(found.get(row).logProbs())
          .as("steps of row " + row)
          .hasSameSizeAs(found.get(row).ids());
    }
    for (int step = 0; step < steps.size(); step++) {
      for (int row = 0; row < found.size(); row++) {
        JsonNode expected = steps.get(step).get(row);
        if (step >= found.get(row).ids().length) {
          continue; // a row of the batch that ended before others
        }
        TokenLogProbs logProbs = found.get(row).logProbs().get(step);
        double best = expected.get("logprobs").get(0).asDouble();
        double share = hasMoreRows ? best - logProbs.top().getFirst().value() : 0;
        assertThat(share).isGreaterThanOrEqualTo(-LOGPROB_TOLERANCE);
        for (int i = 0; i < expected.get("ids").size(); i++) {
          LogProb top = logProbs.top().get(i);
          double wanted = expected.get("logprobs").get(i).asDouble() - share;
          worst = Math.max(worst, Math.abs(wanted - top.value()));
        }
      }
    }
    return worst;
  }

  private static void checkStopString(String what, GoldenModel golden, GoldenCase goldenCase) {
    JsonNode expected = goldenCase.json().get("stop_string");
    String keyword = expected.get("keyword").asString();
    GenerationOptions options =
        GenerationOptions.greedy().withMaxNewTokens(40).withStopStrings(List.of(keyword), true);
    try (Scope _ = new Scope()) {
      SplicedPrompt prompt = goldenCase.prompts(golden.model()).getFirst();
      Generation answer =
          golden
              .generator(golden.tokenizer().eosId())
              .generate(prompt, options, TextListener.NONE, () -> false)
              .answers()
              .getFirst();
      long different = Arrays.equals(Golden.ints(expected.get("ids")), answer.ids()) ? 0 : 1;
      different += expected.get("text").asString().strip().equals(answer.text().strip()) ? 0 : 1;
      different += answer.finishReason() == FinishReason.STOP_STRING ? 0 : 1;
      Golden.checkExact(what + " stop string", 3, different);
    }
  }
}
