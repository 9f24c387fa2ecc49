package llava4j.golden;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import llava4j.checkpoint.WeightFolder;
import llava4j.checkpoint.weights.NameTable;
import llava4j.checkpoint.weights.RenamedSource;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.golden.Golden.GoldenTensor;
import llava4j.model.SplicedPrompt;
import llava4j.model.cache.KvCache;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.text.tokenizer.JsonTokenizer;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// What the goldens hold beside the numbers that the other tests compare.
class WholeManifestTest {
  @Test
  void theFastTwinsWithoutAddedTokensGiveTheSameIds() {
    try (JsonTokenizer legacy = fast("tokenizer.json");
        JsonTokenizer nonLegacy = fast("tokenizer_nonlegacy.json")) {
      List<JsonNode> rows =
          Golden.jsonl("tokenizer/tokenization.jsonl").stream()
              .filter(row -> !row.get("text").asString().matches("(?s).*<(image|pad)>.*"))
              .toList();
      long different =
          rows.stream()
              .filter(row ->
                  !Arrays.equals(
                          Golden.ints(row.get("fast_legacy")),
                          legacy.encode(row.get("text").asString(), true))
                      || !Arrays.equals(
                          Golden.ints(row.get("fast_nonlegacy")),
                          nonLegacy.encode(row.get("text").asString(), true)))
              .count();
      Golden.checkExact(
          "tokenizer/tokenization.jsonl fast_legacy, fast_nonlegacy", 2L * rows.size(), different);
    }
  }

  @Test
  void theProcessorsExpandedIdsAreOurs() {
    try (JsonTokenizer tokenizer = fast("tokenizer.json")) {
      int image = tokenizer.imageTokenId().orElseThrow();
      long different = 0;
      JsonNode rows = Golden.json("forward/hf_processor.json");
      for (JsonNode row : rows) {
        int[] expected = Golden.ints(row.get("input_ids"));
        long perImage =
            Arrays.stream(expected).filter(id -> id == image).count()
                / Math.max(1, row.get("images").size());
        String prompt =
            row.get("prompt").asString().replace("<image>", "<image>".repeat((int) perImage));
        different += Arrays.equals(expected, tokenizer.encode(prompt, true)) ? 0 : 1;
      }
      Golden.checkExact("forward/hf_processor.json", rows.size(), different);
    }
  }

  @Test
  void slotsExpandAsInHuggingFaceInputs() {
    try (GoldenModel model = GoldenModel.open("hf_gqa")) {
      int image = model.tokenizer().imageTokenId().orElseThrow();
      int rows = model.model().config().vision().rowsPerView();
      long compared = 0;
      long different = 0;
      for (GoldenCase goldenCase : GoldenCase.all("forward/hf_gqa")) {
        GoldenTensor expanded = goldenCase.tensors().get("hf_input_ids");
        GoldenTensor mask = goldenCase.tensors().get("attention_mask");
        int width = Math.toIntExact(expanded.shape()[1]);
        for (int row = 0; row < expanded.shape()[0]; row++) {
          int first = row * width;
          int[] expected =
              IntStream.range(first, first + width)
                  .filter(i -> mask.longs()[i] != 0)
                  .map(i -> (int) expanded.longs()[i])
                  .toArray();
          int[] found =
              Arrays.stream(goldenCase.ids().get(row))
                  .flatMap(
                      id -> id < 0 ? IntStream.generate(() -> image).limit(rows) : IntStream.of(id))
                  .toArray();
          different += Arrays.equals(expected, found) ? 0 : 1;
          compared++;
        }
      }
      Golden.checkExact("forward/hf_gqa hf_input_ids", compared, different);
    }
  }

  @Test
  void everyPositionsBestTokenAndNormAreTheReferences() {
    try (GoldenModel model = GoldenModel.open("original")) {
      int vocab = model.model().config().text().vocab();
      double worst = 0;
      long compared = 0;
      long different = 0;
      for (GoldenCase goldenCase : GoldenCase.all("forward/hf")) {
        if (goldenCase.ids().size() > 1) {
          continue;
        }
        try (Scope _ = new Scope();
            KvCache cache = model.model().languageModel().newCache()) {
          SplicedPrompt prompt = goldenCase.prompts(model.model()).getFirst();
          Tensor hidden =
              model.model().languageModel().forward(prompt.embeddings(), cache); // [1, rows, dim]
          float[] logits =
              Tensors.toFloats(model.model().languageModel().logits(hidden)); // [1, rows, vocab]
          long[] best = goldenCase.tensors().get("argmax").longs();
          float[] norms = goldenCase.tensors().get("logsumexp").floats();
          for (int row = 0; row < best.length; row++) {
            double sum = 0;
            int argmax = 0;
            for (int id = 0; id < vocab; id++) {
              float logit = logits[row * vocab + id];
              sum += Math.exp(logit);
              argmax = logit > logits[row * vocab + argmax] ? id : argmax;
            }
            worst = Math.max(worst, Math.abs(Math.log(sum) - norms[row]));
            boolean tie =
                Math.abs(logits[row * vocab + argmax] - logits[row * vocab + (int) best[row]])
                    < 1e-4;
            different += argmax == best[row] || tie ? 0 : 1;
            compared++;
          }
        }
      }
      Golden.checkExact("forward/hf argmax of every position", compared, different);
      Golden.check("forward/hf logsumexp of every position", worst, 1e-3);
    }
  }

  @Test
  void theTowerInsideAWholeClipIsTheSameTower() {
    List<String> stems = List.of("pytorch_model");
    try (WeightSource alone =
            new RenamedSource()
                .add(
                    WeightFolder.open(Golden.path("original/clip"), stems), NameTable::oursOfClip);
        WeightSource whole =
            new RenamedSource()
                .add(WeightFolder.open(Golden.path("clip_full"), stems), NameTable::oursOfClip)) {
      List<String> names = new ArrayList<>(alone.tensors().keySet());
      long different = names.stream().filter(name -> !same(alone, whole, name)).count();
      Golden.checkExact("clip_full tower", names.size(), different);
    }
  }

  private static boolean same(WeightSource a, WeightSource b, String name) {
    try (Scope _ = new Scope()) {
      return b.tensors().containsKey(name)
          && Arrays.equals(Tensors.toFloats(a.load(name)), Tensors.toFloats(b.load(name)));
    }
  }

  private static JsonTokenizer fast(String name) {
    return new JsonTokenizer(
        Golden.path("tokenizer").resolve(name), "<s>", "</s>", OptionalInt.empty());
  }
}
