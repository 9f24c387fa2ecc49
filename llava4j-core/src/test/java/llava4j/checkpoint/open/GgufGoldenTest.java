package llava4j.checkpoint.open;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.gguf.GgufWeights;
import llava4j.generate.Generation;
import llava4j.generate.GenerationOptions;
import llava4j.generate.TextListener;
import llava4j.golden.Golden;
import llava4j.golden.Golden.GoldenTensor;
import llava4j.golden.GoldenCase;
import llava4j.golden.GoldenModel;
import llava4j.model.SplicedPrompt;
import llava4j.model.cache.KvCache;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.tensor.WeightFormat;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// GGUF files against dequantised numbers, logits and greedy answers of the Python side.
class GgufGoldenTest {
  private final JsonNode expected = Golden.json("gguf/expected.json");
  private final Map<String, GoldenTensor> tensors = Golden.tensors("gguf/expected.safetensors");

  private List<String> kinds() {
    List<String> kinds =
        expected.get("files").propertyNames().stream()
            .filter(kind -> Golden.lists("gguf/model-" + kind + ".gguf"))
            .toList();
    assertThat(kinds).as("GGUF files of this set").isNotEmpty();
    return kinds;
  }

  @Test
  void storedNumbersAreDequantisedExactly() {
    for (String kind : kinds()) {
      long compared = 0;
      long different = 0;
      double worst = 0;
      try (GgufWeights file = GgufWeights.open(Golden.path("gguf/model-" + kind + ".gguf"))) {
        JsonNode types = expected.get("files").get(kind).get("types");
        for (String name : types.propertyNames()) {
          different +=
              file.tensors().get(name).storedAs().equals(types.get(name).asString()) ? 0 : 1;
          GoldenTensor head = tensors.get(kind + "/head/" + name);
          if (head != null) {
            try (Scope _ = new Scope()) {
              float[] found = Tensors.toFloats(file.load(name).flatten());
              float[] want = head.floats();
              for (int i = 0; i < want.length; i++) {
                worst =
                    Math.max(
                        worst,
                        Math.abs(want[i] - found[i])
                            / Math.max(Math.ulp(want[i]), Float.MIN_NORMAL));
              }
              compared += want.length;
            }
          }
          compared++;
        }
      }
      Golden.checkExact("gguf " + kind + " types", compared, different);
      Golden.check("gguf " + kind + " dequantised (ulp)", worst, 1);
    }
  }

  @Test
  void everyFileGivesTheReferenceLogitsAndAnswers() {
    List<GoldenCase> cases = GoldenCase.all("forward/hf");
    for (String kind : kinds()) {
      CheckpointOptions options =
          CheckpointOptions.none().withMmproj(Golden.path("gguf/mmproj-f16.gguf"));
      try (GoldenModel golden =
          GoldenModel.open("gguf/model-" + kind + ".gguf", options, WeightFormat.FP32)) {
        JsonNode answers = expected.get("files").get(kind).get("cases");
        for (String name : answers.propertyNames()) {
          GoldenCase goldenCase =
              cases.stream().filter(c -> c.name().equals(name)).findFirst().orElseThrow();
          checkLogits(kind, golden, goldenCase);
          checkAnswer(kind, golden, goldenCase, answers.get(name));
        }
      }
    }
  }

  private void checkLogits(String kind, GoldenModel golden, GoldenCase goldenCase) {
    String prefix = kind + "/" + goldenCase.name() + "/";
    long[] positions = tensors.get(prefix + "logit_positions").longs();
    GoldenTensor logits = tensors.get(prefix + "logits"); // [positions, vocab]
    int vocab = Math.toIntExact(logits.shape()[logits.shape().length - 1]);
    float[] want = logits.floats();
    double worst = 0;
    try (Scope _ = new Scope();
        KvCache cache = golden.model().languageModel().newCache()) {
      SplicedPrompt prompt = goldenCase.prompts(golden.model()).getFirst();
      Tensor hidden =
          golden.model().languageModel().forward(prompt.embeddings(), cache); // [1, rows, dim]
      Tensor all = golden.model().languageModel().logits(hidden).squeeze(0); // [rows, vocab]
      for (int i = 0; i < positions.length; i++) {
        float[] found = Tensors.toFloats(all.select(0, positions[i]));
        for (int id = 0; id < vocab; id++) {
          worst = Math.max(worst, Math.abs(want[i * vocab + id] - (double) found[id]));
        }
      }
    }
    Golden.check("gguf " + kind + " " + goldenCase.name() + " logits", worst, 1e-3);
  }

  private static void checkAnswer(
      String kind, GoldenModel golden, GoldenCase goldenCase, JsonNode answer) {
    int[] ids = Golden.ints(answer.get("greedy_ids"));
    GenerationOptions options = GenerationOptions.greedy().withMaxNewTokens(ids.length);
    try (Scope _ = new Scope()) {
      SplicedPrompt prompt = goldenCase.prompts(golden.model()).getFirst();
      Generation found =
          golden
              .generator(golden.tokenizer().eosId())
              .generate(prompt, options, TextListener.NONE, () -> false)
              .answers()
              .getFirst();
      long different = Arrays.equals(ids, found.ids()) ? 0 : 1;
      different +=
          answer.get("text").asString().equals(golden.tokenizer().decode(found.ids(), true))
              ? 0
              : 1;
      Golden.checkExact("gguf " + kind + " " + goldenCase.name() + " greedy", 2, different);
    }
  }
}
