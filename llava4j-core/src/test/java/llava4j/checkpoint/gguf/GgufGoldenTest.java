package llava4j.checkpoint.gguf;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.open.CheckpointOpener;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.golden.Golden;
import llava4j.golden.Golden.GoldenTensor;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Our reader against files that llama.cpp wrote.
class GgufGoldenTest {
  private static final String CLIP = "vision_tower.vision_model.";

  private static List<String> models() {
    return List.copyOf(Golden.json("gguf/expected.json").get("files").propertyNames());
  }

  @Test
  void tensorTypesAreThoseOfTheFiles() {
    for (String model : models()) {
      JsonNode expected = Golden.json("gguf/expected.json").get("files").get(model).get("types");
      try (GgufWeights weights = GgufWeights.open(Golden.path("gguf/model-" + model + ".gguf"))) {
        long different =
            expected.properties().stream()
                .filter(entry ->
                    !weights
                        .tensors()
                        .get(entry.getKey())
                        .storedAs()
                        .equals(entry.getValue().asString()))
                .count();
        Golden.checkExact("gguf/" + model + " tensor types", expected.size(), different);
        assertThat(weights.tensors()).hasSameSizeAs(expected);
      }
    }
  }

  @Test
  void decodedNumbersEqualTheReference() {
    Map<String, GoldenTensor> expected = Golden.tensors("gguf/expected.safetensors");
    for (String model : models()) {
      String prefix = model + "/head/";
      List<String> heads =
          expected.keySet().stream().filter(name -> name.startsWith(prefix)).toList();
      if (heads.isEmpty()) {
        assertThat(model).as("the one file without decoded numbers").isEqualTo("f16");
        continue;
      }
      long different = 0;
      long compared = 0;
      try (GgufWeights weights = GgufWeights.open(Golden.path("gguf/model-" + model + ".gguf"));
          Scope _ = new Scope()) {
        for (String head : heads) {
          float[] wanted = expected.get(head).floats();
          float[] found = Tensors.toFloats(weights.load(head.substring(prefix.length())));
          for (int i = 0; i < wanted.length; i++) {
            compared++;
            different += Math.abs(wanted[i] - found[i]) > Math.ulp(wanted[i]) ? 1 : 0;
          }
        }
      }
      Golden.checkExact("gguf/" + model + " decoded numbers to 1 ulp", compared, different);
    }
  }

  /// The same numbers as `hf/`, in fp16.
  private static WeightSource original() {
    return new CheckpointOpener(CheckpointOptions.none()).open(Golden.path("original")).weights();
  }

  @Test
  void languageModelEqualsTheHuggingFaceCheckpoint() {
    try (GgufWeights stored = GgufWeights.open(Golden.path("gguf/model-f16.gguf"));
        LlavaGguf model = LlavaGguf.languageModel(stored, GgufTextConfig.read(stored.file()));
        WeightSource reference = original()) {
      long different = 0;
      for (String name : model.tensors().keySet()) {
        different += same(model.load(name), reference.load(name)) ? 0 : 1;
      }
      Golden.checkExact("gguf/model-f16 tensors", model.tensors().size(), different);
    }
  }

  @Test
  void mmprojEqualsTheHuggingFaceCheckpointWithoutItsLastLayer() {
    try (GgufWeights stored = GgufWeights.open(Golden.path("gguf/mmproj-f16.gguf"));
        LlavaGguf model = LlavaGguf.mmproj(stored, GgufVisionConfig.read(stored.file()));
        WeightSource reference = original()) {
      long different = 0;
      for (String name : model.tensors().keySet()) {
        different += same(model.load(name), reference.load(name)) ? 0 : 1;
      }
      Golden.checkExact("gguf/mmproj-f16 tensors", model.tensors().size(), different);
      int layers =
          Golden.json("hf/config.json").get("vision_config").get("num_hidden_layers").asInt();
      assertThat(model.tensors())
          .containsKey(CLIP + "encoder.layers." + (layers - 2) + ".mlp.fc1.weight")
          .doesNotContainKey(CLIP + "encoder.layers." + (layers - 1) + ".mlp.fc1.weight");
    }
  }

  @Test
  void configurationsEqualTheHuggingFaceConfiguration() {
    JsonNode config = Golden.json("hf/config.json");
    JsonNode text = config.get("text_config");
    JsonNode vision = config.get("vision_config");
    try (GgufFile model = GgufFile.open(Golden.path("gguf/model-f16.gguf"));
        GgufFile mmproj = GgufFile.open(Golden.path("gguf/mmproj-f16.gguf"))) {
      GgufTextConfig read = GgufTextConfig.read(model);
      assertThat(read.contextLength()).isEqualTo(text.get("max_position_embeddings").asInt());
      assertThat(read.embeddingLength()).isEqualTo(text.get("hidden_size").asInt());
      assertThat(read.blockCount()).isEqualTo(text.get("num_hidden_layers").asInt());
      assertThat(read.feedForwardLength()).isEqualTo(text.get("intermediate_size").asInt());
      assertThat(read.headCount()).isEqualTo(text.get("num_attention_heads").asInt());
      assertThat(read.headCountKv()).isEqualTo(text.get("num_key_value_heads").asInt());
      assertThat(read.headDim()).isEqualTo(text.get("head_dim").asInt());
      assertThat((float) read.rmsNormEpsilon())
          .isEqualTo((float) text.get("rms_norm_eps").asDouble());
      assertThat(read.ropeFrequencyBase()).isEqualTo(text.get("rope_theta").asDouble());
      assertThat(read.ropeLinearFactor()).isEmpty();
      GgufVisionConfig seen = GgufVisionConfig.read(mmproj);
      assertThat(seen.imageSize()).isEqualTo(vision.get("image_size").asInt());
      assertThat(seen.patchSize()).isEqualTo(vision.get("patch_size").asInt());
      assertThat(seen.embeddingLength()).isEqualTo(vision.get("hidden_size").asInt());
      assertThat(seen.feedForwardLength()).isEqualTo(vision.get("intermediate_size").asInt());
      assertThat(seen.headCount()).isEqualTo(vision.get("num_attention_heads").asInt());
      assertThat(seen.blockCount()).isEqualTo(vision.get("num_hidden_layers").asInt() - 1);
      assertThat(seen.projectionDim()).isEqualTo(vision.get("projection_dim").asInt());
      assertThat(seen.activation()).isEqualTo(GgufVisionConfig.Activation.QUICK_GELU);
      assertThat(seen.projectorType()).isEqualTo("mlp");
      assertThat(seen.mergeType()).isEqualTo("flat");
      assertThat(seen.gridPinpoints()).isEmpty();
    }
  }

  @Test
  void vocabularyHasATokenForEveryRow() {
    try (GgufFile model = GgufFile.open(Golden.path("gguf/model-f16.gguf"))) {
      GgufVocabulary vocabulary = GgufVocabulary.read(model);
      assertThat(vocabulary.tokens()).hasSize(GgufTextConfig.read(model).vocabSize());
      assertThat(vocabulary.scores()).hasSameSizeAs(vocabulary.tokens());
      assertThat(vocabulary.types()).hasSameSizeAs(vocabulary.tokens());
      assertThat(vocabulary.tokens().get(vocabulary.bosId().getAsInt())).isEqualTo("<s>");
      assertThat(vocabulary.tokens().get(vocabulary.eosId().getAsInt())).isEqualTo("</s>");
      assertThat(vocabulary.model()).isEqualTo(GgufVocabulary.SENTENCE_PIECE);
      assertThat(vocabulary.pre()).isEqualTo(Optional.of("default"));
      assertThat(vocabulary.addBos()).isTrue();
      assertThat(vocabulary.addEos()).isFalse();
    }
  }

  /// The GGUF vocabulary may be the shorter one: Hugging Face pads the matrices.
  private static boolean same(Tensor found, Tensor reference) {
    try (Scope _ = new Scope()) {
      assertThat(reference.dim()).isEqualTo(found.dim());
      Tensor rows = reference.narrow(0, 0, found.size(0));
      return rows.equal(found.to(Tensors.type(reference).scalarType()));
    } finally {
      found.close();
      reference.close();
    }
  }
}
