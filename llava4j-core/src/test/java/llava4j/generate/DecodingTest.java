package llava4j.generate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import llava4j.golden.GoldenCase;
import llava4j.golden.GoldenModel;
import llava4j.model.SplicedPrompt;
import llava4j.model.cache.KvCache;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// Ways of choosing tokens beside what can be computed without them, of a model that never ends an
/// answer by itself.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DecodingTest {
  private static final int BEAMS = 4;
  private static final double NOISE = 1e-3; // between a pass over all and one with a cache
  private static final int ROOM = 5;

  private GoldenModel golden;
  private Generator endless;

  @BeforeAll
  void open() {
    golden = GoldenModel.open("original");
    endless = golden.generator();
  }

  @AfterAll
  void close() {
    golden.close();
  }

  /// Of answers of two tokens four beams see every continuation of the four likeliest beginnings,
  /// so their answer is the likeliest of these.
  @Test
  void fourBeamsFindTheLikeliestPair() {
    int better = 0;
    int prompts = 0;
    for (GoldenCase goldenCase : GoldenCase.all("forward/hf")) {
      try (Scope _ = new Scope()) {
        for (SplicedPrompt prompt : goldenCase.prompts(golden.model())) {
          int[] greedy = ids(prompt, new Decoding.Greedy());
          int[] one = ids(prompt, new Decoding.Beam(1, 0));
          int[] found = ids(prompt, new Decoding.Beam(BEAMS, 0));
          double likeliest = likeliestPair(prompt);
          assertThat(one).isEqualTo(greedy);
          assertThat(logProbability(prompt, found))
              .as(goldenCase.name())
              .isBetween(likeliest - NOISE, likeliest + NOISE)
              .isGreaterThan(logProbability(prompt, greedy) - NOISE);
          better += Arrays.equals(found, greedy) ? 0 : 1;
          prompts++;
        }
      }
    }
    assertThat(better).as("of " + prompts + " prompts, where greedy is not best").isPositive();
  }

  @Test
  void theContextsEndIsAFinishReason() {
    int context = golden.model().config().contextLength();
    int[] ids = new int[context - ROOM];
    Arrays.fill(ids, golden.tokenizer().encode("a", true)[1]);
    try (Scope _ = new Scope()) {
      SplicedPrompt prompt = golden.model().splicer().splice(ids, List.of());
      Generation full = generate(prompt, new Decoding.Greedy(), context);
      assertThat(full.finishReason()).isEqualTo(FinishReason.CONTEXT_FULL);
      assertThat(full.ids()).hasSize(ROOM);
      Generation enough = generate(prompt, new Decoding.Greedy(), ROOM);
      assertThat(enough.finishReason()).isEqualTo(FinishReason.MAX_TOKENS);
      assertThat(enough.ids()).isEqualTo(full.ids());
    }
  }

  private int[] ids(SplicedPrompt prompt, Decoding decoding) {
    Generation answer = generate(prompt, decoding, 2);
    assertThat(answer.finishReason()).isEqualTo(FinishReason.MAX_TOKENS);
    return answer.ids();
  }

  private Generation generate(SplicedPrompt prompt, Decoding decoding, int tokens) {
    GenerationOptions options =
        GenerationOptions.greedy().withMaxNewTokens(tokens).withDecoding(decoding);
    return endless.generate(prompt, options, TextListener.NONE, () -> false).answers().getFirst();
  }

  private double likeliestPair(SplicedPrompt prompt) {
    double[] first = logProbabilities(prompt, new int[0]);
    double best = Double.NEGATIVE_INFINITY;
    for (int id : best(first)) {
      double[] second = logProbabilities(prompt, new int[] {id});
      best = Math.max(best, first[id] + second[best(second)[0]]);
    }
    return best;
  }

  private double logProbability(SplicedPrompt prompt, int[] ids) {
    double sum = 0;
    for (int i = 0; i < ids.length; i++) {
      sum += logProbabilities(prompt, Arrays.copyOf(ids, i))[ids[i]];
    }
    return sum;
  }

  /// The likeliest ids that may be generated, best first.
  private int[] best(double[] logProbabilities) {
    return IntStream.range(0, logProbabilities.length)
        .filter(golden.tokenizer()::isGenerable)
        .boxed()
        .sorted(Comparator.comparingDouble(id -> -logProbabilities[id]))
        .limit(BEAMS)
        .mapToInt(Integer::intValue)
        .toArray();
  }

  /// Of what follows a prompt and a beginning, computed in one pass without a cache; ids that are
  /// never generated have no share.
  private double[] logProbabilities(SplicedPrompt prompt, int[] beginning) {
    try (Scope _ = new Scope();
        KvCache cache = golden.model().languageModel().newCache()) {
      Tensor embeddings = prompt.embeddings(); // [1, rows, dim]
      if (beginning.length > 0) {
        Tensor more = golden.model().languageModel().embed(beginning).unsqueeze(0); // [1, n, dim]
        embeddings = Tensors.concatenate(List.of(embeddings, more), 1); // [1, rows + n, dim]
      }
      float[] logits = Tensors.toFloats(golden.model().forward(embeddings, cache)); // [vocab]
      double sum = 0;
      for (int id = 0; id < logits.length; id++) {
        sum += golden.tokenizer().isGenerable(id) ? Math.exp(logits[id]) : 0;
      }
      double norm = Math.log(sum);
      return IntStream.range(0, logits.length).mapToDouble(id -> logits[id] - norm).toArray();
    }
  }
}
