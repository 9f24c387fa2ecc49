package llava4j.checkpoint.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import llava4j.checkpoint.Answers;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.WeightFolder;
import llava4j.checkpoint.convert.CheckpointConverter;
import llava4j.checkpoint.open.CheckpointOpener;
import llava4j.checkpoint.safetensors.SafetensorsWriter;
import llava4j.checkpoint.torch.TorchZipWriter;
import llava4j.checkpoint.weights.NameTable;
import llava4j.checkpoint.weights.RenamedSource;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.checkpoint.weights.WriteListener;
import llava4j.error.BadInputException;
import llava4j.golden.Golden;
import llava4j.tensor.DType;
import llava4j.text.TokenizerFiles;
import llava4j.text.tokenizer.Tokenizer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Adapters of every kind that PEFT 0.21 writes for transformers' LLaVA; the right ids are PEFT's.
class AdapterKindsTest {
  private static final Path CASES = Path.of("src/test/resources/cases/adapters");
  private static final JsonMapper JSON = new JsonMapper();

  @TempDir static Path shared;
  @TempDir Path folder;

  @BeforeAll
  static void makeBase() {
    try (Checkpoint original =
        new CheckpointOpener(CheckpointOptions.none()).open(Golden.committed("original"))) {
      new CheckpointConverter(original, WriteListener.NONE).toHuggingFace(base(), DType.F32);
    }
  }

  private static Path base() {
    return shared.resolve("hf");
  }

  private static CheckpointOptions options() {
    return CheckpointOptions.none().withBase(base().toString());
  }

  static Stream<String> kinds() {
    return JSON.readTree(CASES.resolve("expected.json").toFile()).propertyNames().stream();
  }

  private static List<Integer> expected(String kind) {
    return Arrays.stream(
            Golden.ints(JSON.readTree(CASES.resolve("expected.json").toFile()).get(kind)))
        .boxed()
        .toList();
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void everyKindAnswersAsPeftDoesAppliedAndMerged(String kind) {
    Path adapter = CASES.resolve(kind);
    assertThat(Answers.ids(adapter, options())).as("applied").isEqualTo(expected(kind));
    assertThat(Answers.ids(adapter, options().withMergedLora()))
        .as("merged")
        .isEqualTo(expected(kind));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "base_model.model.language_model.model.", // transformers 4.45
        "base_model.model.model.", // the original LLaVA, and a bare language model
        "base_model.model.model.model.", // an inner model, wrapped again
        "model.language_model." // without PEFT's own prefix
      })
  void everyLayoutOfNamesIsRead(String prefix) throws IOException {
    Path source = CASES.resolve("target_parameters");
    try (WeightSource stored = WeightFolder.open(source, List.of("adapter_model"))) {
      RenamedSource renamed =
          new RenamedSource()
              .add(
                  stored,
                  name ->
                      java.util.Optional.of(
                          name.replace("base_model.model.model.language_model.", prefix)
                              .replace(".lora_A.", ".lora_A.default.")));
      new SafetensorsWriter(Long.MAX_VALUE)
          .write(renamed, folder, "adapter_model", null, WriteListener.NONE);
    }
    Files.copy(source.resolve("adapter_config.json"), folder.resolve("adapter_config.json"));
    assertThat(Answers.ids(folder, options())).isEqualTo(expected("target_parameters"));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void everyKindConvertsToAnAdapterForTransformers(String kind) {
    Path out = folder.resolve(kind);
    try (Checkpoint checkpoint = new CheckpointOpener(options()).open(CASES.resolve(kind))) {
      new CheckpointConverter(checkpoint, WriteListener.NONE).toHuggingFace(out, null);
    }
    // no base is named: the way to it is in the file
    assertThat(Answers.ids(out, CheckpointOptions.none())).isEqualTo(expected(kind));
    assertThat(Path.of(AdapterConfig.read(out).base().orElseThrow())).isRelative();
    // a processor opens from the folder itself
    for (String file :
        List.of(
            "preprocessor_config.json",
            "processor_config.json",
            "tokenizer_config.json",
            "tokenizer.json",
            "tokenizer.model",
            "chat_template.jinja")) {
      assertThat(out.resolve(file)).isRegularFile();
    }
    try (Tokenizer beside = TokenizerFiles.open(out);
        Checkpoint opened = new CheckpointOpener(CheckpointOptions.none()).open(out);
        Tokenizer expected = opened.tokenizer().get()) {
      assertThat(beside.specialTokens()).isEqualTo(expected.specialTokens());
      assertThat(CheckpointOpener.processor(out, opened.config().vision()))
          .isEqualTo(opened.imageProcessor());
    }
  }

  @Test
  void aMissingBaseIsNamedWithTheAdapterAndTheRemedy() throws IOException {
    for (String gone : List.of("/gone/llava-7b", "gone-here", "nobody/nothing", "a\\u0000b")) {
      Path adapter = changed(JSON.readTree("{\"base_model_name_or_path\": \"" + gone + "\"}"));
      assertThatThrownBy(() -> new CheckpointOpener(CheckpointOptions.none()).open(adapter).close())
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining(adapter.toString())
          .hasMessageContaining(gone.replace("\\u0000", "\\0"))
          .hasMessageContaining("base_model_name_or_path")
          .hasMessageContaining("--base DIR");
    }
  }

  @Test
  void aTensorInTwoFilesIsRefusedByName() throws IOException {
    Path twice = changed(JSON.createObjectNode());
    try (Checkpoint original =
        new CheckpointOpener(CheckpointOptions.none()).open(Golden.path("original"))) {
      for (String stem : List.of("non_lora_trainables", "mm_projector")) {
        RenamedSource projector =
            new RenamedSource()
                .add(
                    original.weights(),
                    name ->
                        name.startsWith("projector.")
                            ? java.util.Optional.of(
                                NameTable.original(name, original.config().projector()))
                            : java.util.Optional.empty());
        new TorchZipWriter(Long.MAX_VALUE).write(projector, twice, stem, null, WriteListener.NONE);
      }
    }
    refused(twice, "model.mm_projector.0.weight");
    refused(twice, "mm_projector.bin");
    refused(twice, "non_lora_trainables.bin");
  }

  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void whatIsNotSupportedIsRefusedByName() throws IOException {
    refused(CASES.resolve("dora"), "use_dora is true");
    refused(CASES.resolve("lora_bias_lm"), "o_proj.lora_B.bias (lora_bias)");
    refused(changed(JSON.readTree("{\"r\": 3}")), "adapter_config.json says rank 3");
    refused(changed(JSON.readTree("{\"r\": 0}")), "r must be at least 1");
    for (String setting :
        List.of(
            "{\"peft_type\": \"LOHA\"}",
            "{\"peft_type\": \"ADALORA\"}",
            "{\"layer_replication\": [[0, 2]]}",
            "{\"alora_invocation_tokens\": [1, 2]}",
            "{\"use_qalora\": true}",
            "{\"arrow_config\": {\"top_k\": 1}}",
            "{\"fan_in_fan_out\": true}",
            "{\"init_lora_weights\": \"pissa_niter_4\"}",
            "{\"rank_pattern\": {\"q_proj\": 3}}",
            "{\"rank_pattern\": {\"(q_proj\": 4}}",
            "{\"rank_pattern\": {\"q_proj\": 4.5}}",
            "{\"rank_pattern\": {\"q_proj\": 1e300}}",
            "{\"rank_pattern\": {\"" + ".*".repeat(40) + "!\": 4}}",
            "{\"alpha_pattern\": {\"q_proj\": \"many\"}}",
            "{\"something_new\": 1}")) {
      JsonNode change = JSON.readTree(setting);
      String name = change.propertyNames().iterator().next();
      // a rank that is another than the tensors' shows at the tensors
      refused(changed(change), name.equals("rank_pattern") ? "rank" : name);
    }
  }

  @Test
  void aRefusalKeepsAllThatItShortens() throws IOException {
    Path wrong = changed(JSON.readTree("{\"r\": 3}"));
    assertThatThrownBy(() -> new CheckpointOpener(options()).open(wrong).close())
        .hasMessageContaining(" more (--verbose lists them)")
        .isInstanceOfSatisfying(
            BadInputException.class, e -> assertThat(e.details()).hasSizeGreaterThan(5));
  }

  @Test
  void noTensorIsEverIgnored() throws IOException {
    for (String stranger :
        List.of(
            "base_model.model.model.language_model.layers.0.self_attn.z_proj.lora_A.weight",
            "base_model.model.model.language_model.layers.9.self_attn.q_proj.lora_A.weight",
            "base_model.model.model.vision_tower.encoder.layers.99.mlp.fc1.bias",
            "base_model.model.model.multi_modal_projector.linear_99999999999.weight",
            "base_model.model.model.language_model.layers.0.self_attn.q_proj.lora_E",
            "base_model.model.prompt_encoder.embedding.weight")) {
      Path made = Files.createTempDirectory(folder, "stranger");
      Path source = CASES.resolve("target_parameters");
      try (WeightSource stored = WeightFolder.open(source, List.of("adapter_model"))) {
        RenamedSource renamed = new RenamedSource();
        renamed.add(stored, java.util.Optional::of);
        renamed.add(
            stored,
            name ->
                name.endsWith("model.language_model.layers.0.self_attn.q_proj.lora_A.weight")
                    ? java.util.Optional.of(stranger)
                    : java.util.Optional.empty());
        new SafetensorsWriter(Long.MAX_VALUE)
            .write(renamed, made, "adapter_model", null, WriteListener.NONE);
      }
      Files.copy(source.resolve("adapter_config.json"), made.resolve("adapter_config.json"));
      refused(made, stranger);
    }
  }

  private Path changed(JsonNode change) throws IOException {
    Path source = CASES.resolve("peft_vision_tower");
    Path made = Files.createTempDirectory(folder, "changed");
    Files.copy(
        source.resolve("adapter_model.safetensors"), made.resolve("adapter_model.safetensors"));
    ObjectNode root = (ObjectNode) JSON.readTree(source.resolve("adapter_config.json").toFile());
    for (String name : change.propertyNames()) {
      root.set(name, change.get(name));
    }
    Files.writeString(made.resolve("adapter_config.json"), JSON.writeValueAsString(root));
    return made;
  }

  private static void refused(Path adapter, String words) {
    for (boolean merge : new boolean[] {false, true}) {
      CheckpointOptions how = merge ? options().withMergedLora() : options();
      assertThatThrownBy(() -> new CheckpointOpener(how).open(adapter).close())
          .as(adapter + " " + words)
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining(words)
          .hasMessageNotContaining("\n");
    }
  }
}
