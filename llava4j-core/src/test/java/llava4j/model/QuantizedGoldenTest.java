package llava4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.open.CheckpointOpener;
import llava4j.config.TextConfig;
import llava4j.golden.Golden;
import llava4j.golden.GoldenCase;
import llava4j.golden.GoldenModel;
import llava4j.model.cache.KvCache;
import llava4j.model.cache.KvFormat;
import llava4j.model.kernel.ModelKernels;
import llava4j.model.linear.PrefillMode;
import llava4j.model.load.LoadProgress;
import llava4j.model.load.LoadedParameters;
import llava4j.quant.BlockKernel;
import llava4j.quant.PackingMemory;
import llava4j.tensor.ByteMatMul;
import llava4j.tensor.Device;
import llava4j.tensor.PlainGpuOperators;
import llava4j.tensor.Processor;
import llava4j.tensor.Scope;
import llava4j.tensor.WeightFormat;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What quantised weights do to the distribution of the next token: mean Kullback-Leibler
/// divergence over all positions of the golden prompts, in nats.
class QuantizedGoldenTest {
  private static final CheckpointOptions MMPROJ =
      CheckpointOptions.none().withMmproj(Golden.path("gguf/mmproj-f16.gguf"));

  /// Weights are the same numbers in both; what differs is that activations are rounded to 8 bits.
  @ParameterizedTest
  @ValueSource(strings = {"q4_0", "q8_0", "q4_K_M"})
  void quantisedFilesAnswerAsDecodedOnes(String kind) {
    if (!Golden.lists("gguf/model-" + kind + ".gguf")) {
      assertThat(kind).as("the kind that every set has").isNotEqualTo("q4_0");
      return;
    }
    String file = "gguf/model-" + kind + ".gguf";
    double divergence =
        divergence(
            logits(file, MMPROJ, WeightFormat.FP32), logits(file, MMPROJ, WeightFormat.AUTO));
    // with 4 bits, prefill may be in integers (see prefillAddsLittleToTheQuantisation)
    double most = kind.startsWith("q4") ? 5e-3 : 2e-3;
    Golden.check("gguf " + kind + " quantised against decoded, KL", divergence, most);
    assertThat(divergence).as("the two are not the same computation").isPositive();
  }

  @Test
  void eightBitsKeepTheDistribution() {
    double divergence =
        divergence(
            logits("original", CheckpointOptions.none(), WeightFormat.FP32),
            logits("original", CheckpointOptions.none(), WeightFormat.Q8));
    Golden.check("original as q8, KL", divergence, 2e-3);
    assertThat(divergence).isPositive();
  }

  /// Beside exact weights, so that nothing hides it.
  @ParameterizedTest
  @CsvSource({"FP16, 1e-6", "Q8, 1e-3"})
  void roundedKeysAndValuesKeepTheDistribution(KvFormat format, double most) {
    List<float[]> exact = logits("original", CheckpointOptions.none(), WeightFormat.FP32);
    double divergence =
        divergence(
            exact,
            logits(
                "original", CheckpointOptions.none(), WeightFormat.FP32, PrefillMode.AUTO, format));
    Golden.check("original with a KV cache in " + format + ", KL", divergence, most);
    assertThat(divergence).isPositive();
  }

  /// The products of a GPU, by their twin for a processor, against those of a processor: 8 bits
  /// promise the same, and to 4 bits they add little. On a GPU all other activations are bf16 too.
  @ParameterizedTest
  @CsvSource({
    "original, Q8, original, FP32, 2e-3",
    "gguf/model-q8_0.gguf, AUTO, gguf/model-q8_0.gguf, FP32, 2e-3",
    "gguf/model-q4_0.gguf, AUTO, gguf/model-q4_0.gguf, FP32, 5e-3",
    "gguf/model-q4_K_M.gguf, AUTO, gguf/model-q4_K_M.gguf, FP32, 5e-3",
    "original, Q4, original, Q4, 5e-3"
  })
  void productsOfAGpuKeepTheDistribution(
      String model, WeightFormat format, String reference, WeightFormat exact, double most) {
    List<float[]> found = logitsByTwin(model, format, new PackingMemory());
    assertKept(
        logits(reference, options(reference), exact),
        found,
        model + " as " + format + " with a GPU's products",
        most);
  }

  /// The same with the GPU's own rounding of each weight to bf16, by plain loops.
  @ParameterizedTest
  @CsvSource({
    "original, Q8, original, FP32, 2e-3",
    "gguf/model-q8_0.gguf, AUTO, gguf/model-q8_0.gguf, FP32, 2e-3",
    "gguf/model-q4_0.gguf, AUTO, gguf/model-q4_0.gguf, FP32, 5e-3",
    "original, Q4, original, Q4, 5e-3"
  })
  void weightsRoundedByAGpuKeepTheDistribution(
      String model, WeightFormat format, String reference, WeightFormat exact, double most) {
    List<float[]> found = logitsByTwin(model, format, new PackingMemory(PlainGpuOperators::matMul));
    assertKept(
        logits(reference, options(reference), exact),
        found,
        model + " as " + format + " with a GPU's rounding",
        most);
  }

  /// Guesses are checked in passes of several rows, which on a GPU need not give the same bits.
  @Test
  void fewRowsAreReadAtOnceOnAProcessorOnly() {
    try (GoldenModel golden =
            GoldenModel.open("original", CheckpointOptions.none(), WeightFormat.FP32);
        LoadedParameters parameters =
            new LoadedParameters(
                new CheckpointOpener(CheckpointOptions.none())
                    .open(Golden.path("original"))
                    .inferenceWeights(),
                new Device.Cpu(),
                WeightFormat.Q8,
                LoadProgress.NONE)) {
      TextConfig config = golden.model().config().text();
      assertThat(new LanguageModel(config, new Device.Cpu(), parameters).readsFewRowsAtOnce())
          .isTrue();
      assertThat(new LanguageModel(config, new Device.Cuda(0), parameters).readsFewRowsAtOnce())
          .isFalse();
      assertThat(golden.model().languageModel().readsFewRowsAtOnce()).as("fp32").isFalse();
    }
  }

  private static void assertKept(
      List<float[]> exact, List<float[]> found, String what, double most) {
    double divergence = divergence(exact, found);
    Golden.check(what + ", KL", divergence, most);
    assertThat(divergence).isPositive();
  }

  private static CheckpointOptions options(String model) {
    return model.startsWith("gguf") ? MMPROJ : CheckpointOptions.none();
  }

  /// As [#logits], of a language model whose weights are packed as for a GPU.
  private static List<float[]> logitsByTwin(
      String model, WeightFormat format, PackingMemory memory) {
    List<float[]> all = new ArrayList<>();
    try (GoldenModel golden = GoldenModel.open(model, options(model), WeightFormat.FP32);
        LoadedParameters parameters =
            new LoadedParameters(
                new CheckpointOpener(options(model)).open(Golden.path(model)).inferenceWeights(),
                new Device.Cpu(),
                format,
                PrefillMode.AUTO,
                ModelKernels.ofOne(BlockKernel.NIBBLES),
                memory,
                LoadProgress.NONE)) {
      LanguageModel twin =
          new LanguageModel(golden.model().config().text(), new Device.Cpu(), parameters);
      for (GoldenCase goldenCase : GoldenCase.all("forward/hf")) {
        try (Scope _ = new Scope()) {
          for (SplicedPrompt prompt : goldenCase.prompts(golden.model())) {
            all.addAll(logits(twin, prompt, KvFormat.FP32));
          }
        }
      }
    }
    return all;
  }

  /// Our 4 bits against llama.cpp's, which keeps the same matrices in the same type.
  @Test
  void fourBitsAreAsGoodAsLlamaCpps() {
    List<float[]> exact = logits("original", CheckpointOptions.none(), WeightFormat.FP32);
    double ours = divergence(exact, logits("original", CheckpointOptions.none(), WeightFormat.Q4));
    double reference = divergence(exact, logits("gguf/model-q4_0.gguf", MMPROJ, WeightFormat.FP32));
    Golden.check("original as q4, KL over llama.cpp's", ours / reference, 1.1);
  }

  /// What a mode of prefill adds to what the 4 bits themselves cost.
  @ParameterizedTest
  @CsvSource({
    "q4_0, AUTO",
    "q4_0, INT8",
    "q4_0, BF16",
    "q4_0, EXACT",
    "q4_K_M, AUTO",
    "q4_K_M, INT8"
  })
  void prefillAddsLittleToTheQuantisation(String kind, PrefillMode mode) {
    String file = "gguf/model-" + kind + ".gguf";
    boolean able =
        switch (mode) {
          case INT8 -> ByteMatMul.isFast();
          case BF16 -> Processor.ofThisMachine().flags().contains("avx512_bf16");
          case EXACT, AUTO -> true;
        };
    if (!Golden.lists(file) || !able) {
      assertThat(mode).isNotEqualTo(PrefillMode.EXACT);
      return;
    }
    List<float[]> decoded = logits(file, MMPROJ, WeightFormat.FP32);
    double own =
        divergence(logits("original", CheckpointOptions.none(), WeightFormat.FP32), decoded);
    double added = divergence(decoded, logits(file, MMPROJ, WeightFormat.AUTO, mode));
    Golden.check("gguf " + kind + " prefill " + mode + ", KL over 4 bits' own", added / own, 0.1);
  }

  /// What a model in bf16 loses, weights and prompts: less than with 8 bits is allowed.
  @Test
  void halvesMayRoundPrompts() {
    if (!Processor.ofThisMachine().hasBf16Products()) {
      assertThatThrownBy(() ->
              logits("original", CheckpointOptions.none(), WeightFormat.BF16, PrefillMode.BF16))
          .hasMessageContaining("avx512_bf16");
      return;
    }
    List<float[]> exact = logits("original", CheckpointOptions.none(), WeightFormat.FP32);
    double divergence =
        divergence(
            exact,
            logits("original", CheckpointOptions.none(), WeightFormat.BF16, PrefillMode.BF16));
    Golden.check("original and its prompts in bf16, KL", divergence, 1e-3);
    assertThat(divergence)
        .isGreaterThan(
            divergence(exact, logits("original", CheckpointOptions.none(), WeightFormat.BF16)));
  }

  private static List<float[]> logits(
      String model, CheckpointOptions options, WeightFormat format) {
    return logits(model, options, format, PrefillMode.AUTO);
  }

  private static List<float[]> logits(
      String model, CheckpointOptions options, WeightFormat format, PrefillMode prefill) {
    return logits(model, options, format, prefill, KvFormat.AUTO);
  }

  /// Logits of every position of every golden prompt. [positions][vocab]
  private static List<float[]> logits(
      String model,
      CheckpointOptions options,
      WeightFormat format,
      PrefillMode prefill,
      KvFormat kvFormat) {
    List<float[]> all = new ArrayList<>();
    try (GoldenModel golden = GoldenModel.open(model, options, format, prefill)) {
      for (GoldenCase goldenCase : GoldenCase.all("forward/hf")) {
        try (Scope _ = new Scope()) {
          for (SplicedPrompt prompt : goldenCase.prompts(golden.model())) {
            all.addAll(logits(golden.model().languageModel(), prompt, kvFormat));
          }
        }
      }
    }
    return all;
  }

  private static List<float[]> logits(
      LanguageModel language, SplicedPrompt prompt, KvFormat kvFormat) {
    List<float[]> rows = new ArrayList<>();
    try (KvCache cache = language.newCache(kvFormat)) {
      Tensor hidden = language.forward(prompt.embeddings(), cache); // [1, rows, dim]
      Tensor scores = language.logits(hidden).squeeze(0); // [rows, vocab]
      for (long row = 0; row < scores.size(0); row++) {
        rows.add(llava4j.tensor.Tensors.toFloats(scores.select(0, row)));
      }
    }
    return rows;
  }

  /// Vocabularies may differ in padding rows; those both have count.
  private static double divergence(List<float[]> exact, List<float[]> found) {
    assertThat(found).hasSameSizeAs(exact);
    double sum = 0;
    for (int i = 0; i < exact.size(); i++) {
      int vocab = Math.min(exact.get(i).length, found.get(i).length);
      double[] p = logProbabilities(exact.get(i), vocab);
      double[] q = logProbabilities(found.get(i), vocab);
      for (int id = 0; id < vocab; id++) {
        sum += Math.exp(p[id]) * (p[id] - q[id]);
      }
    }
    return sum / exact.size();
  }

  private static double[] logProbabilities(float[] logits, int vocab) {
    double largest = Double.NEGATIVE_INFINITY;
    for (int id = 0; id < vocab; id++) {
      largest = Math.max(largest, logits[id]);
    }
    double sum = 0;
    for (int id = 0; id < vocab; id++) {
      sum += Math.exp(logits[id] - largest);
    }
    double[] result = new double[vocab];
    for (int id = 0; id < vocab; id++) {
      result[id] = logits[id] - largest - Math.log(sum);
    }
    return result;
  }
}
