package llava4j.checkpoint.open;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import llava4j.checkpoint.Answers;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.WeightFolder;
import llava4j.checkpoint.convert.CheckpointConverter;
import llava4j.checkpoint.torch.TorchZipWriter;
import llava4j.checkpoint.weights.NameTable;
import llava4j.checkpoint.weights.RenamedSource;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.checkpoint.weights.WriteListener;
import llava4j.error.BadInputException;
import llava4j.golden.Golden;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Adapters and connectors over a language model alone, as the original's trainer leaves them.
///
/// The golden adapter's base is a LLaVA; without its connector that LLaVA is the language model of
/// the case lora_on_vicuna, whose ids are the original code's.
class LanguageModelBaseTest {
  private static final List<Integer> ON_VICUNA = List.of(907, 1114, 265, 204, 442, 828);
  private static final JsonMapper JSON = new JsonMapper();

  @TempDir static Path shared;
  @TempDir Path folder;

  @BeforeAll
  static void makeVicuna() throws IOException {
    Path vicuna = Files.createDirectories(vicuna());
    Path original = Golden.committed("original");
    try (WeightSource stored = WeightFolder.open(original, List.of("pytorch_model"))) {
      RenamedSource text =
          new RenamedSource()
              .add(
                  stored,
                  name -> name.contains("mm_projector") ? Optional.empty() : Optional.of(name));
      new TorchZipWriter(Long.MAX_VALUE)
          .write(text, vicuna, "pytorch_model", null, WriteListener.NONE);
    }
    for (String name : List.of("tokenizer.model", "tokenizer_config.json")) {
      Files.copy(original.resolve(name), vicuna.resolve(name));
    }
    ObjectNode config = (ObjectNode) JSON.readTree(original.resolve("config.json").toFile());
    List.copyOf(config.propertyNames()).stream()
        .filter(name -> name.startsWith("mm_") || name.equals("image_aspect_ratio"))
        .forEach(config::remove);
    config.put("model_type", "llama").putArray("architectures").add("LlamaForCausalLM");
    Files.writeString(vicuna.resolve("config.json"), JSON.writeValueAsString(config));
  }

  private static Path vicuna() {
    return shared.resolve("vicuna_like");
  }

  private static CheckpointOptions options() {
    return CheckpointOptions.none().withBase(vicuna().toString());
  }

  private static Path clip() {
    return Golden.committed("original/clip");
  }

  private Path adapter() throws IOException {
    Path adapter = Files.createDirectories(folder.resolve("adapter"));
    for (String name :
        List.of("adapter_config.json", "adapter_model.safetensors", "non_lora_trainables.bin")) {
      Files.copy(Golden.committed("lora/" + name), adapter.resolve(name));
    }
    ObjectNode config = (ObjectNode) JSON.readTree(Golden.committed("lora/config.json").toFile());
    config.put("mm_vision_tower", clip().toString());
    Files.writeString(adapter.resolve("config.json"), JSON.writeValueAsString(config));
    return adapter;
  }

  @Test
  void adapterAnswersAppliedMergedAndConverted() throws IOException {
    Path adapter = adapter();
    assertThat(Answers.ids(adapter, options())).as("applied").isEqualTo(ON_VICUNA);
    CheckpointOptions merged = options().withMergedLora();
    assertThat(Answers.ids(adapter, merged)).as("merged").isEqualTo(ON_VICUNA);
    Path huggingFace = folder.resolve("hf");
    Path original = folder.resolve("original");
    try (Checkpoint checkpoint = new CheckpointOpener(merged).open(adapter)) {
      new CheckpointConverter(checkpoint, WriteListener.NONE).toHuggingFace(huggingFace, DType.F32);
      new CheckpointConverter(checkpoint, WriteListener.NONE).toOriginal(original, DType.F32);
    }
    assertThat(Answers.ids(huggingFace, CheckpointOptions.none())).isEqualTo(ON_VICUNA);
    assertThat(Answers.ids(original, CheckpointOptions.none())).isEqualTo(ON_VICUNA);
  }

  /// QLoRA: the run held the base in 4 bits, and its config.json says so.
  @Test
  void anAdaptersConfigurationMaySayHowItsRunHeldTheBase() throws IOException {
    Path adapter = adapter();
    edit(
        adapter,
        config ->
            config
                .putObject("quantization_config")
                .put("quant_method", "bitsandbytes")
                .put("load_in_4bit", true));
    assertThat(Answers.ids(adapter, options())).isEqualTo(ON_VICUNA);
  }

  @Test
  void anAdaptersMarksAroundImagesAreHonoured() throws IOException {
    Path adapter = adapter();
    edit(adapter, config -> config.put("mm_use_im_start_end", true));
    for (Path base : List.of(vicuna(), Golden.committed("original"))) {
      CheckpointOptions options = CheckpointOptions.none().withBase(base.toString());
      try (Checkpoint checkpoint = new CheckpointOpener(options).open(adapter)) {
        assertThat(checkpoint.prompts().marked("<image>")).isEqualTo("<im_start><image><im_end>");
        // the base's embedding has no rows for the two tokens
        assertThatThrownBy(() -> checkpoint.tokenizer().get())
            .isInstanceOf(BadInputException.class)
            .hasMessageContaining("mm_use_im_start_end is true");
      }
    }
  }

  private static void edit(Path adapter, java.util.function.Consumer<ObjectNode> change)
      throws IOException {
    Path file = adapter.resolve("config.json");
    ObjectNode config = (ObjectNode) JSON.readTree(file.toFile());
    change.accept(config);
    Files.writeString(file, JSON.writeValueAsString(config));
  }

  @Test
  void adapterWithoutConfigurationNeedsTheTowerNamed() throws IOException {
    Path adapter = adapter();
    Files.delete(adapter.resolve("config.json"));
    assertThat(Answers.ids(adapter, options().withVisionTower(clip().toString())))
        .isEqualTo(ON_VICUNA);
    refused(adapter, options(), "--vision-tower");
  }

  @Test
  void adapterWithoutConnectorSaysSo() throws IOException {
    Path adapter = adapter();
    Files.delete(adapter.resolve("non_lora_trainables.bin"));
    refused(adapter, options(), "no projector");
  }

  @Test
  void relativeBaseIsFoundFromTheAdaptersFolder() throws IOException {
    Path adapter = adapter();
    ObjectNode config = (ObjectNode) JSON.readTree(adapter.resolve("adapter_config.json").toFile());
    config.put("base_model_name_or_path", adapter.relativize(vicuna()).toString());
    Files.writeString(adapter.resolve("adapter_config.json"), JSON.writeValueAsString(config));
    assertThat(Answers.ids(adapter, CheckpointOptions.none())).isEqualTo(ON_VICUNA);
  }

  @Test
  void connectorAnswersWithAndWithoutConfiguration() throws IOException {
    List<Integer> expected = Answers.ids(Golden.committed("original"), CheckpointOptions.none());
    Path connector = folder.resolve("connector");
    try (Checkpoint whole =
        new CheckpointOpener(CheckpointOptions.none()).open(Golden.committed("original"))) {
      new CheckpointConverter(whole, WriteListener.NONE).toProjector(connector, null);
    }
    assertThat(Answers.ids(connector, options())).isEqualTo(expected);
    Path converted = folder.resolve("hf");
    try (Checkpoint checkpoint = new CheckpointOpener(options()).open(connector)) {
      new CheckpointConverter(checkpoint, WriteListener.NONE).toHuggingFace(converted, null);
    }
    assertThat(Answers.ids(converted, CheckpointOptions.none())).isEqualTo(expected);
    Path bare = Files.createDirectories(folder.resolve("bare"));
    Files.copy(connector.resolve("mm_projector.bin"), bare.resolve("mm_projector.bin"));
    assertThat(Answers.ids(bare, options().withVisionTower(clip().toString()))).isEqualTo(expected);
    assertThat(
            Answers.ids(
                bare, CheckpointOptions.none().withBase(Golden.committed("original").toString())))
        .isEqualTo(expected);
    refused(bare, options(), "--vision-tower");
    refused(bare, CheckpointOptions.none(), "--base");
  }

  @Test
  void mergingSumsInTheTypeThatIsWritten() throws IOException {
    Path adapter = adapter();
    String name = "language_model.layers.0.self_attn.q_proj.weight";
    float[] exact;
    try (Checkpoint beside = new CheckpointOpener(options()).open(adapter);
        Scope _ = new Scope()) {
      String module = name.substring(0, name.length() - ".weight".length());
      double scale = Tensors.toFloats(beside.weights().load(module + ".lora_scale"))[0];
      float[] base = Tensors.toFloats(beside.weights().load(name));
      float[] update =
          Tensors.toFloats(
              beside
                  .weights()
                  .load(module + ".lora_B.weight")
                  .matmul(beside.weights().load(module + ".lora_A.weight")));
      exact = new float[base.length];
      for (int i = 0; i < base.length; i++) {
        exact[i] = (float) (base[i] + scale * update[i]);
      }
    }
    for (DType dtype : new DType[] {DType.F32, DType.F16, null}) {
      Path out = folder.resolve("hf-" + dtype);
      try (Checkpoint merged = new CheckpointOpener(options().withMergedLora()).open(adapter)) {
        new CheckpointConverter(merged, WriteListener.NONE).toHuggingFace(out, dtype);
      }
      try (WeightSource written = WeightFolder.open(out, List.of("model"));
          Scope _ = new Scope()) {
        String stored = NameTable.huggingFace(name);
        assertThat(written.tensors().get(stored).dtype())
            .isEqualTo(dtype == null ? DType.F16 : dtype); // the base's is F16
        double worst = 0;
        float[] values = Tensors.toFloats(written.load(stored));
        for (int i = 0; i < values.length; i++) {
          worst = Math.max(worst, Math.abs(values[i] - exact[i]) / (1e-3 + Math.abs(exact[i])));
        }
        // fp32 rounds at 1e-7; fp16 at 5e-4
        assertThat(worst)
            .isBetween(dtype == DType.F32 ? 0.0 : 1e-4, dtype == DType.F32 ? 1e-5 : 1e-3);
      }
    }
  }

  @Test
  void adapterConvertsUnmergedWithABaseOfItsOwn() throws IOException {
    Path out = folder.resolve("hf-adapter");
    try (Checkpoint beside = new CheckpointOpener(options()).open(adapter())) {
      new CheckpointConverter(beside, WriteListener.NONE).toHuggingFace(out, DType.F32);
    }
    assertThat(Answers.ids(out, CheckpointOptions.none())).isEqualTo(ON_VICUNA);
    assertThat(out.resolve("base/model.safetensors")).isRegularFile();
    tools.jackson.databind.JsonNode config =
        JSON.readTree(out.resolve("adapter_config.json").toFile());
    assertThat(config.get("target_modules").valueStream().map(node -> node.asString()))
        .contains("model.language_model.layers.0.self_attn.q_proj")
        .allMatch(name -> name.startsWith("model.language_model.layers."));
  }

  @Test
  void whatIsNoAdapterCannotBeMerged() {
    refused(
        Golden.committed("original"),
        CheckpointOptions.none().withMergedLora(),
        "is not a LoRA adapter; leave out --merge-lora");
  }

  private static void refused(Path path, CheckpointOptions options, String words) {
    assertThatThrownBy(() -> new CheckpointOpener(options).open(path).close())
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(words)
        .hasMessageNotContaining("\n");
  }
}
