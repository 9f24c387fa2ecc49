package llava4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.golden.Golden;
import llava4j.golden.Golden.GoldenTensor;
import llava4j.golden.GoldenCase;
import llava4j.golden.GoldenModel;
import llava4j.model.cache.KvCache;
import llava4j.model.cache.KvFormat;
import llava4j.model.cache.KvPool;
import llava4j.model.cache.RaggedBatch;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.tensor.WeightFormat;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// The forward pass of every dialect against the Python original's numbers, block by block.
class ForwardGoldenTest {
  private static final double LOGIT_TOLERANCE = 1e-3;
  private static final double FEATURE_TOLERANCE = 1e-4;

  @ParameterizedTest
  @MethodSource("llava4j.golden.GoldenCase#dialects")
  void everyDialectGivesTheReferenceNumbers(String folder, String cases) {
    try (GoldenModel golden = GoldenModel.open(folder)) {
      requireBlocks(GoldenCase.all(cases));
      for (GoldenCase goldenCase : GoldenCase.all(cases)) {
        checkCase(folder + " " + goldenCase.name(), golden.model(), goldenCase);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"AUTO", "FP32", "FP16", "BF16"})
  void everyExactWeightFormatGivesTheReferenceNumbers(WeightFormat format) {
    // The goldens' weights are the same numbers in all types.
    try (GoldenModel golden = GoldenModel.open("original", CheckpointOptions.none(), format)) {
      for (GoldenCase goldenCase : GoldenCase.all("forward/hf")) {
        checkCase("original as " + format + " " + goldenCase.name(), golden.model(), goldenCase);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"false", "true"})
  void anAdapterBesideOrWithinTheMatricesGivesTheReferenceNumbers(boolean merge) {
    CheckpointOptions options =
        merge ? CheckpointOptions.none().withMergedLora() : CheckpointOptions.none();
    try (GoldenModel golden = GoldenModel.open("lora", options, WeightFormat.FP32)) {
      for (GoldenCase goldenCase : GoldenCase.all("forward/lora")) {
        // Merging rounds to the base's fp16, as the original's merge does.
        String what = (merge ? "lora merged " : "lora applied ") + goldenCase.name();
        if (!merge) {
          checkCase(what, golden.model(), goldenCase);
        } else {
          Golden.check(what + " logits", worstLogit(golden.model(), goldenCase), 2e-2);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("sameNumbers")
  void everyHiddenStateEqualsTheReference(String folder) {
    Map<String, GoldenTensor> expected =
        Golden.tensors("forward/hf/layers_single_image.safetensors");
    GoldenCase single =
        GoldenCase.all("forward/hf").stream()
            .filter(c -> c.name().equals("single_image"))
            .findFirst()
            .orElseThrow();
    try (GoldenModel golden = GoldenModel.open(folder);
        Scope _ = new Scope();
        KvCache cache = golden.model().languageModel().newCache()) {
      Set<String> seen = new TreeSet<>();
      golden
          .model()
          .visionTower()
          .forward(
              single.pixels().getFirst(),
              (i, hidden) -> checkLayer(folder, "vision." + i, hidden, expected, seen));
      golden
          .model()
          .languageModel()
          .forward(
              single.prompts(golden.model()).getFirst().embeddings(),
              RaggedBatch.of(cache, single.prompts(golden.model()).getFirst().numRows()),
              (i, hidden) -> checkLayer(folder, "text." + i, hidden, expected, seen));
      // the tower stops where LLaVA stops; what CLIP makes of the rest is nobody's
      int run = golden.model().config().vision().layersToRun();
      Set<String> wanted = new TreeSet<>(expected.keySet());
      wanted.removeIf(name ->
          name.startsWith("vision.")
              && !(name.matches("vision\\.\\d+")
                  && Integer.parseInt(name.substring("vision.".length())) <= run));
      assertThat(wanted).contains("text.0", "vision.0");
      assertThat(seen).isEqualTo(wanted);
    }
  }

  /// Folders with the same model.
  static List<String> sameNumbers() {
    return Golden.models("hf", "original");
  }

  private static void checkLayer(
      String folder,
      String name,
      Tensor hidden,
      Map<String, GoldenTensor> expected,
      Set<String> seen) {
    float[] want = expected.get(name).floats();
    float[] found = Tensors.toFloats(hidden);
    double largest = 0;
    for (float value : want) {
      largest = Math.max(largest, Math.abs(value));
    }
    Golden.check(
        folder + " " + name + " (relative)", worst(want, found) / largest, FEATURE_TOLERANCE);
    seen.add(name);
  }

  /// The reference has the numbers of each block for some case at least.
  private static void requireBlocks(List<GoldenCase> cases) {
    for (String block : List.of("vision_features", "projector_out", "inputs_embeds")) {
      assertThat(cases).as(block).anyMatch(one -> one.tensors().containsKey(block));
    }
  }

  private static void checkCase(String what, LlavaModel model, GoldenCase goldenCase) {
    try (Scope _ = new Scope()) {
      List<Tensor> pixels = goldenCase.pixels();
      if (goldenCase.tensors().containsKey("vision_features")) {
        Tensor batch = Tensors.concatenate(pixels, 0); // [views, 3, size, size]
        Tensor patches = model.visionTower().forward(batch); // [views, rows, visionDim]
        checkTensor(what + " vision_features", goldenCase, "vision_features", patches);
        checkTensor(what + " projector_out", goldenCase, "projector_out", model.encode(batch));
      }
      if (goldenCase.tensors().containsKey("inputs_embeds") && goldenCase.ids().size() == 1) {
        checkTensor(
            what + " inputs_embeds",
            goldenCase,
            "inputs_embeds",
            goldenCase.prompts(model).getFirst().embeddings());
      }
    }
    Golden.check(what + " logits", worstLogit(model, goldenCase), LOGIT_TOLERANCE);
  }

  private static void checkTensor(String what, GoldenCase goldenCase, String name, Tensor found) {
    Golden.check(
        what,
        worst(goldenCase.tensors().get(name).floats(), Tensors.toFloats(found)),
        FEATURE_TOLERANCE);
  }

  /// Rows of a batch run together; the reference pads them on the left.
  private static double worstLogit(LlavaModel model, GoldenCase goldenCase) {
    GoldenTensor logits = goldenCase.tensors().get("logits"); // [batch, positions, vocab]
    GoldenTensor mask = goldenCase.tensors().get("attention_mask"); // [batch, rows]
    long[] positions = goldenCase.tensors().get("logit_positions").longs();
    try (Scope _ = new Scope()) {
      List<SplicedPrompt> prompts = goldenCase.prompts(model);
      int longest = prompts.stream().mapToInt(SplicedPrompt::numRows).max().orElseThrow();
      int[] padding = prompts.stream().mapToInt(prompt -> longest - prompt.numRows()).toArray();
      KvPool pool = model.languageModel().newPool(KvFormat.AUTO, Integer.MAX_VALUE);
      List<KvCache> caches = prompts.stream().map(_ -> new KvCache(pool)).toList();
      int[] counts = prompts.stream().mapToInt(SplicedPrompt::numRows).toArray();
      List<Tensor> rows = prompts.stream().map(SplicedPrompt::embeddings).toList();
      Tensor hidden =
          model
              .languageModel()
              .forward(
                  Tensors.concatenate(rows, 1), new RaggedBatch(caches, counts)); // [1, all, dim]
      Tensor all = model.languageModel().logits(hidden).squeeze(0); // [all, vocab]
      double worst = 0;
      int[] compared = new int[padding.length];
      int first = 0;
      for (int row = 0; row < padding.length; row++) {
        for (int i = 0; i < positions.length; i++) {
          if (mask.longs()[row * longest + (int) positions[i]] != 0) {
            compared[row]++;
            long place = first + positions[i] - padding[row];
            float[] found = Tensors.toFloats(all.select(0, place));
            worst = Math.max(worst, worstOf(logits, row, i, positions.length, found));
          }
        }
        first += counts[row];
      }
      assertThat(compared).as("positions of each row").doesNotContain(0);
      caches.forEach(KvCache::close);
      pool.close();
      return worst;
    }
  }

  private static double worstOf(
      GoldenTensor logits, int row, int position, int numPositions, float[] found) {
    int vocab = Math.toIntExact(logits.shape()[2]);
    int start = (row * numPositions + position) * vocab;
    double worst = 0;
    for (int id = 0; id < vocab; id++) {
      worst =
          Math.max(
              worst,
              Math.abs(logits.data().getFloat((start + id) * Float.BYTES) - (double) found[id]));
    }
    return worst;
  }

  private static double worst(float[] expected, float[] found) {
    if (expected.length != found.length) {
      return Double.POSITIVE_INFINITY;
    }
    double worst = 0;
    for (int i = 0; i < expected.length; i++) {
      worst = Math.max(worst, Math.abs(expected[i] - (double) found[i]));
    }
    return worst;
  }
}
