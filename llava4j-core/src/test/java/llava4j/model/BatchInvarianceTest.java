package llava4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.golden.GoldenModel;
import llava4j.model.cache.KvCache;
import llava4j.model.cache.KvFormat;
import llava4j.model.cache.KvPool;
import llava4j.model.cache.RaggedBatch;
import llava4j.quant.PagedAttention;
import llava4j.quant.PromptAttention;
import llava4j.tensor.DType;
import llava4j.tensor.Processor;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.tensor.WeightFormat;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// With quantised weights, a generated token's logits have the same bits whether it was computed
/// alone, with guessed tokens behind it, or beside other sequences, and whether or not the JVM had
/// compiled the kernels: activations are rounded to 8 bits, which would make a visible difference
/// out of the smallest one. With 4 bits and machine code, so have those behind a prompt, in
/// whatever pieces it was read.
class BatchInvarianceTest {
  private static final int PROMPT = 60;
  private static final int TOKENS = 40;

  @ParameterizedTest
  @CsvSource({"Q8, AUTO", "Q4, AUTO", "Q4, Q8"})
  void bitsDoNotDependOnCompany(WeightFormat format, KvFormat kvFormat) {
    try (GoldenModel golden = GoldenModel.open("original", CheckpointOptions.none(), format)) {
      LlavaModel model = golden.model();
      int[] tokens = new int[TOKENS];
      Arrays.setAll(tokens, i -> 30 + i * 7 % 90);
      List<float[]> alone = alone(model, kvFormat, tokens);
      for (int guesses : new int[] {0, 1, 3, 7}) {
        check(alone, guessing(model, kvFormat, tokens, guesses), guesses + " guesses");
      }
      check(alone, beside(model, kvFormat, tokens), "beside others");
      check(alone, alone(model, kvFormat, tokens), "alone again");
    }
  }

  @Test
  void bitsDoNotDependOnThePiecesOfAPrompt() {
    PagedAttention.Layout heads = new PagedAttention.Layout(DType.F16, 1, 16, 32);
    boolean exact = PromptAttention.isAvailable(heads) && !Processor.ofThisMachine().hasByteTiles();
    try (GoldenModel golden =
        GoldenModel.open("original", CheckpointOptions.none(), WeightFormat.Q4)) {
      LlavaModel model = golden.model();
      int[] prompt = new int[200];
      Arrays.setAll(prompt, i -> 20 + i * 13 % 97);
      float[] whole = inPieces(model, prompt, prompt.length);
      for (int piece : new int[] {1, 2, 7, 31, 64, 65, 127, 199}) {
        assertThat(inPieces(model, prompt, piece))
            .as("pieces of " + piece)
            .containsExactly(whole, within(exact ? 0 : 0.5f));
      }
    }
  }

  /// A guess whose keys are no numbers, or outgrow the cache, must not harm the token before it.
  @Test
  void aGuessThatIsNoNumberHarmsNoTokenBeforeIt() {
    try (GoldenModel golden =
            GoldenModel.open("original", CheckpointOptions.none(), WeightFormat.Q4);
        Scope _ = new Scope()) {
      LlavaModel model = golden.model();
      Tensor rows =
          model.languageModel().embed(new int[] {20, 117, 30}).unsqueeze(0); // [1, 3, dim]
      Tensor _ = rows.narrow(1, 1, 1).fill_(new Scalar(Float.NaN));
      float[] alone = behindPrompt(model, rows.narrow(1, 0, 1));

      assertThat(behindPrompt(model, rows.narrow(1, 0, 2))).isEqualTo(alone);
      assertThat(behindPrompt(model, rows)).isEqualTo(alone);
      assertThat(alone).doesNotContain(Float.NaN);
    }
  }

  /// The logits of the first of some tokens behind a prompt.
  private static float[] behindPrompt(LlavaModel model, Tensor embeddings) {
    try (KvCache cache = model.languageModel().newCache(KvFormat.FP16);
        Scope _ = new Scope()) {
      float[] _ = forward(model, prompt(0), RaggedBatch.of(cache, PROMPT));
      int count = Math.toIntExact(embeddings.size(1));
      return Tensors.toFloats(
          model.forward(
              embeddings.contiguous(), RaggedBatch.of(cache, count), new int[] {0})); // [1, vocab]
    }
  }

  /// The logits behind a prompt of which `piece` tokens are read at a time.
  private static float[] inPieces(LlavaModel model, int[] prompt, int piece) {
    float[] logits = {};
    try (KvCache cache = model.languageModel().newCache(KvFormat.AUTO)) {
      for (int from = 0; from < prompt.length; from += piece) {
        int[] ids = Arrays.copyOfRange(prompt, from, Math.min(prompt.length, from + piece));
        logits = forward(model, ids, RaggedBatch.of(cache, ids.length), ids.length - 1);
      }
    }
    return logits;
  }

  private static void check(List<float[]> alone, List<float[]> found, String how) {
    for (int i = 0; i < found.size(); i++) {
      assertThat(found.get(i)).as(how + ", token " + i).isEqualTo(alone.get(i));
    }
  }

  private static List<float[]> alone(LlavaModel model, KvFormat format, int[] tokens) {
    List<float[]> logits = new ArrayList<>();
    try (KvCache cache = model.languageModel().newCache(format)) {
      float[] _ = forward(model, prompt(0), RaggedBatch.of(cache, PROMPT));
      for (int token : tokens) {
        logits.add(forward(model, new int[] {token}, RaggedBatch.of(cache, 1)));
      }
    }
    return logits;
  }

  /// Right and wrong tokens behind each, which are dropped again.
  private static List<float[]> guessing(
      LlavaModel model, KvFormat format, int[] tokens, int guesses) {
    List<float[]> logits = new ArrayList<>();
    try (KvCache cache = model.languageModel().newCache(format)) {
      float[] _ = forward(model, prompt(0), RaggedBatch.of(cache, PROMPT));
      for (int i = 0; i + guesses < tokens.length; i++) {
        int[] ids = Arrays.copyOfRange(tokens, i, i + 1 + guesses);
        if (guesses > 0 && i % 3 == 0) {
          ids[guesses] = 7;
        }
        logits.add(forward(model, ids, RaggedBatch.of(cache, ids.length)));
        cache.truncate(PROMPT + i + 1);
      }
    }
    return logits;
  }

  /// Other sequences of other lengths beside it, and a prompt that is read in pieces.
  private static List<float[]> beside(LlavaModel model, KvFormat format, int[] tokens) {
    List<float[]> logits = new ArrayList<>();
    try (KvPool pool = model.languageModel().newPool(format, 100);
        KvCache cache = new KvCache(pool);
        KvCache second = new KvCache(pool);
        KvCache third = new KvCache(pool)) {
      float[] _ = forward(model, prompt(0), RaggedBatch.of(cache, PROMPT));
      float[] _ = forward(model, prompt(5), RaggedBatch.of(second, PROMPT));
      for (int i = 0; i < tokens.length; i++) {
        int piece = 1 + i % 13;
        int[] ids = new int[2 + piece];
        Arrays.fill(ids, 50);
        ids[0] = tokens[i];
        RaggedBatch batch = new RaggedBatch(List.of(cache, second, third), new int[] {1, 1, piece});
        logits.add(forward(model, ids, batch));
      }
    }
    return logits;
  }

  private static int[] prompt(int change) {
    int[] ids = new int[PROMPT];
    Arrays.setAll(ids, i -> 20 + (i + change) % 11);
    return ids;
  }

  /// Logits behind the first new token, or behind a prompt's.
  private static float[] forward(LlavaModel model, int[] ids, RaggedBatch batch) {
    return forward(model, ids, batch, 0);
  }

  private static float[] forward(LlavaModel model, int[] ids, RaggedBatch batch, int wanted) {
    try (Scope _ = new Scope()) {
      return Tensors.toFloats(
          model.forward(
              model.languageModel().embed(ids).unsqueeze(0),
              batch,
              new int[] {wanted})); // [1, vocab]
    }
  }
}
