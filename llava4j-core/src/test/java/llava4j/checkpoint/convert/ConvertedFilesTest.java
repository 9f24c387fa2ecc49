package llava4j.checkpoint.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.gguf.GgmlType;
import llava4j.checkpoint.gguf.GgufFile;
import llava4j.checkpoint.gguf.GgufVocabulary;
import llava4j.checkpoint.open.CheckpointOpener;
import llava4j.checkpoint.safetensors.SafetensorsWriter;
import llava4j.checkpoint.weights.NameTable;
import llava4j.checkpoint.weights.RenamedSource;
import llava4j.checkpoint.weights.WriteListener;
import llava4j.error.BadInputException;
import llava4j.golden.Golden;
import llava4j.text.ImageMarks;
import llava4j.text.TokenizerFiles;
import llava4j.text.template.ConversationTemplate;
import llava4j.text.template.TemplateJinja;
import llava4j.text.tokenizer.JsonTokenizer;
import llava4j.text.tokenizer.Tokenizer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// The small files around converted weights: nothing that the source says gets lost, nothing is
/// invented.
class ConvertedFilesTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String OWN_TEMPLATE = "{% for m in messages %}{{ m['role'] }}\n{% endfor %}";

  @TempDir Path folder;
  private Path huggingFace;

  @BeforeEach
  void convertGolden() {
    huggingFace = convert(Golden.path("original"), "hf", CheckpointConverter::toHuggingFace);
  }

  private interface Writer {
    void write(CheckpointConverter converter, Path out, llava4j.tensor.DType dtype);
  }

  @Test
  void tokenizerJsonGivesOurIdsAndTheTemplateIsTheLoaders() throws IOException {
    assertThat(huggingFace.resolve("chat_template.jinja"))
        .content()
        .isEqualTo(TemplateJinja.of(ConversationTemplate.VICUNA_V1));
    try (Tokenizer ours = TokenizerFiles.open(huggingFace);
        JsonTokenizer fast = fast(huggingFace)) {
      for (JsonNode line : Golden.jsonl("tokenizer/tokenization.jsonl")) {
        String text = line.path("text").asString();
        assertThat(fast.encode(text, true)).as("'" + text + "'").isEqualTo(ours.encode(text));
      }
      String prompt = "USER: <image>\nWhat is this? ASSISTANT:";
      assertThat(fast.encode(prompt, true)).isEqualTo(ours.encode(prompt));
    }
  }

  @Test
  void paddingTokenThatIsAddedIsNamedEverywhere() {
    JsonNode config = json(huggingFace, "config.json");
    int image = config.path("image_token_index").asInt();
    assertThat(config.path("pad_token_id").asInt()).isEqualTo(image + 1);
    assertThat(config.path("text_config").path("pad_token_id").asInt()).isEqualTo(image + 1);
    assertThat(json(huggingFace, "generation_config.json").path("pad_token_id").asInt())
        .isEqualTo(image + 1);
    assertThat(json(huggingFace, "tokenizer_config.json").path("pad_token").asString())
        .isEqualTo("<pad>");
    // what the source's generation_config.json says besides
    assertThat(json(huggingFace, "generation_config.json").path("max_length").asInt())
        .isEqualTo(4096);
  }

  @Test
  void imagesArePaddedByTheWrittenProcessorToo() throws IOException {
    JsonNode padded = json(huggingFace, "preprocessor_config.json");
    assertThat(padded.path("image_processor_type").asString()).isEqualTo("LlavaImageProcessor");
    assertThat(padded.path("do_pad").asBoolean()).isTrue();
    edit(
        "preprocessor_config.json", node -> node.put("image_processor_type", "CLIPImageProcessor"));
    Path again = convert(huggingFace, "again", CheckpointConverter::toHuggingFace);
    assertThat(json(again, "preprocessor_config.json").path("image_processor_type").asString())
        .isEqualTo("CLIPImageProcessor");
  }

  @Test
  void templateIdsAndSettingsOfTheSourceAreKept() throws IOException {
    Files.writeString(huggingFace.resolve("chat_template.jinja"), OWN_TEMPLATE);
    edit("generation_config.json", node -> node.putArray("eos_token_id").add(2).add(17));
    edit("config.json", node -> ((ObjectNode) node.get("text_config")).put("bos_token_id", 5));
    edit("tokenizer_config.json", node -> node.put("truncation_side", "left"));
    Path again = convert(huggingFace, "again", CheckpointConverter::toHuggingFace);
    Path original = convert(huggingFace, "original", CheckpointConverter::toOriginal);
    for (Path out : List.of(again, original)) {
      assertThat(out.resolve("chat_template.jinja")).content().isEqualTo(OWN_TEMPLATE);
      assertThat(json(out, "generation_config.json").path("eos_token_id").toString())
          .isEqualTo("[2,17]");
      assertThat(json(out, "tokenizer_config.json").path("truncation_side").asString())
          .isEqualTo("left");
      assertThat(out.resolve("tokenizer.json"))
          .hasSameBinaryContentAs(huggingFace.resolve("tokenizer.json"));
    }
    assertThat(json(again, "config.json").path("text_config").path("bos_token_id").asInt())
        .isEqualTo(5);
    assertThat(json(original, "config.json").path("bos_token_id").asInt()).isEqualTo(5);
    try (GgufFile file = languageModel(convertToGguf(huggingFace))) {
      assertThat(GgufVocabulary.read(file).chatTemplate()).contains(OWN_TEMPLATE);
    }
  }

  @Test
  void templateOfARunStandsBeforeThatOfItsBase() throws IOException {
    Files.writeString(huggingFace.resolve("chat_template.jinja"), OWN_TEMPLATE);
    Path out = folder.resolve("trained");
    try (Checkpoint checkpoint = open(huggingFace)) {
      new CheckpointConverter(
              checkpoint, WriteListener.NONE, Optional.of(ConversationTemplate.LLAMA_2))
          .toHuggingFace(out, null);
    }
    assertThat(out.resolve("chat_template.jinja"))
        .content()
        .isEqualTo(TemplateJinja.of(ConversationTemplate.LLAMA_2));
  }

  @Test
  void byteLevelVocabularyIsCarriedOn() throws IOException {
    Path source = byteLevelModel();
    Path again = convert(source, "again", CheckpointConverter::toHuggingFace);
    Path original = convert(source, "original", CheckpointConverter::toOriginal);
    for (Path out : List.of(again, original)) {
      assertThat(out.resolve("tokenizer.json"))
          .hasSameBinaryContentAs(source.resolve("tokenizer.json"));
      assertThat(out.resolve("chat_template.jinja"))
          .hasSameBinaryContentAs(source.resolve("chat_template.jinja"));
      assertThat(out.resolve("tokenizer.model")).doesNotExist();
      JsonNode generation = json(out, "generation_config.json");
      assertThat(generation.path("bos_token_id").asInt()).isEqualTo(1200);
      assertThat(generation.path("eos_token_id").toString()).isEqualTo("[1201,1204]");
      JsonNode tokenizer = json(out, "tokenizer_config.json");
      assertThat(tokenizer.path("bos_token").asString()).isEqualTo("<|begin_of_text|>");
      assertThat(tokenizer.path("tokenizer_class").asString()).isEqualTo("PreTrainedTokenizerFast");
      assertThat(tokenizer.has("unk_token")).isFalse();
    }
    JsonNode text = json(again, "config.json").path("text_config");
    assertThat(text.path("bos_token_id").asInt()).isEqualTo(1200);
    assertThat(text.path("eos_token_id").asInt()).isEqualTo(1201);
    assertThat(json(again, "config.json").path("image_token_index").asInt()).isEqualTo(1205);
    assertThat(json(again, "config.json").path("pad_token_id").asInt()).isEqualTo(1206);
  }

  @Test
  void byteLevelVocabularyBecomesGgufAsLlamaCppHasIt() throws IOException {
    Path source = byteLevelModel();
    try (GgufFile file = languageModel(convertToGguf(source))) {
      GgufVocabulary vocabulary = GgufVocabulary.read(file);
      assertThat(vocabulary.model()).isEqualTo("gpt2");
      assertThat(vocabulary.pre()).contains("llama-bpe");
      JsonNode merges = json(source, "tokenizer.json").path("model").path("merges");
      assertThat(vocabulary.merges()).hasSize(merges.size());
      assertThat(vocabulary.merges().getFirst())
          .isEqualTo(merges.get(0).get(0).asString() + " " + merges.get(0).get(1).asString());
      assertThat(vocabulary.tokens().get(1204)).isEqualTo("<|eot_id|>");
      assertThat(vocabulary.types().get(1204)).isEqualTo(3);
      assertThat(vocabulary.types().getLast()).as("a row without a token").isEqualTo(5);
      assertThat(vocabulary.bosId()).hasValue(1200);
      assertThat(vocabulary.eosId()).hasValue(1201);
      assertThat(vocabulary.chatTemplate())
          .contains(Files.readString(source.resolve("chat_template.jinja")));
    }
  }

  /// Qwen's vocabularies have no token that begins a text.
  @Test
  void aVocabularyWithoutABeginningOfSequenceIsCarriedOn() throws IOException {
    Path source = byteLevelModel();
    edit("tokenizer_config.json", node -> node.remove("bos_token"));
    edit("generation_config.json", node -> node.remove("bos_token_id"));
    edit("config.json", node -> ((ObjectNode) node.get("text_config")).remove("bos_token_id"));
    for (Writer writer :
        List.<Writer>of(CheckpointConverter::toHuggingFace, CheckpointConverter::toOriginal)) {
      Path out = convert(source, "out" + writer.hashCode(), writer);
      assertThat(json(out, "generation_config.json").has("bos_token_id")).isFalse();
      JsonNode config = json(out, "config.json");
      assertThat(config.path("text_config").has("bos_token_id")).isFalse();
      assertThat(config.has("bos_token_id")).isFalse();
      assertThat(json(out, "tokenizer_config.json").has("bos_token")).isFalse();
      try (Checkpoint again = open(out);
          llava4j.text.tokenizer.Tokenizer tokenizer = again.tokenizer().get()) {
        assertThat(tokenizer.bosId()).isEqualTo(-1);
      }
    }
    try (GgufFile file = languageModel(convertToGguf(source))) {
      assertThat(GgufVocabulary.read(file).bosId()).isEmpty();
    }
  }

  @Test
  void anUnknownWayToCutTextsIsRefusedForGguf() throws IOException {
    Path source = byteLevelModel();
    Path file = source.resolve("tokenizer.json");
    Files.writeString(file, Files.readString(file).replace("{1,3}", "{1,7}"));
    try (Checkpoint checkpoint = open(source)) {
      CheckpointConverter converter = new CheckpointConverter(checkpoint, WriteListener.NONE);
      assertThatThrownBy(() -> converter.toGguf(folder.resolve("gguf"), GgmlType.F16))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("tokenizer.json")
          .hasMessageContaining("no name in GGUF");
    }
  }

  @Test
  void tiedHeadsAreReadAsTransformersReadsThem() throws IOException {
    edit("config.json", node -> node.put("tie_word_embeddings", false));
    edit(
        "config.json",
        node -> ((ObjectNode) node.get("text_config")).put("tie_word_embeddings", true));
    Path tied = folder.resolve("tied");
    try (Checkpoint checkpoint = open(huggingFace)) {
      // the file has a head of its own, which counts
      assertThat(checkpoint.config().text().tieEmbeddings()).isFalse();
      RenamedSource headless =
          new RenamedSource()
              .add(
                  checkpoint.weights(),
                  name ->
                      name.equals("lm_head.weight")
                          ? Optional.empty()
                          : Optional.of(NameTable.huggingFace(name)));
      new SafetensorsWriter(Long.MAX_VALUE)
          .write(headless, tied, "model", null, WriteListener.NONE);
    }
    for (String name : List.of("config.json", "preprocessor_config.json", "tokenizer.model")) {
      Files.copy(huggingFace.resolve(name), tied.resolve(name));
    }
    try (Checkpoint checkpoint = open(tied)) {
      assertThat(checkpoint.config().text().tieEmbeddings()).isTrue();
    }
    Path again = convert(tied, "tied-again", CheckpointConverter::toHuggingFace);
    JsonNode written = json(again, "config.json");
    assertThat(written.path("tie_word_embeddings").asBoolean()).isTrue();
    assertThat(written.path("text_config").path("tie_word_embeddings").asBoolean()).isTrue();
  }

  @Test
  void aListOfOneFeatureLayerIsThatLayerAndSeveralAreRefused() throws IOException {
    edit("config.json", node -> node.putArray("vision_feature_layer").add(-2));
    try (Checkpoint checkpoint = open(huggingFace)) {
      assertThat(checkpoint.config().vision().featureLayer()).isEqualTo(-2);
    }
    edit("config.json", node -> node.putArray("vision_feature_layer").add(-2).add(-1));
    assertThatThrownBy(() -> open(huggingFace))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("vision_feature_layer")
        .hasMessageContaining("[-2,-1]");
  }

  @Test
  void tokensAroundImagesGetIntoACopiedTokenizerJson() throws IOException {
    ImageMarks marks = new ImageMarks(true, true, 2000);
    for (boolean sentencePiece : new boolean[] {true, false}) {
      if (!sentencePiece) {
        Files.delete(huggingFace.resolve("tokenizer.model"));
      }
      Path out = Files.createDirectory(folder.resolve("marked" + sentencePiece));
      try (Tokenizer tokenizer = TokenizerFiles.open(huggingFace, marks)) {
        new TokenizerWriter(
                tokenizer,
                TokenIds.of(tokenizer),
                new SourceFiles(List.of(huggingFace), Optional.empty()),
                out)
            .write(JSON.createObjectNode());
        String text = "<im_start><image><im_end>\nHi <im_patch>";
        int[] ids = tokenizer.encode(text, true);
        try (JsonTokenizer fast = fast(out)) {
          assertThat(fast.encode(text, true)).isEqualTo(ids);
          assertThat(fast.specialTokens())
              .containsKeys("<im_patch>", "<im_start>", "<im_end>", "<image>");
        }
      }
    }
  }

  @Test
  void theImagePatchTokenKeepsItsMeaning() throws IOException {
    Path original = convert(huggingFace, "original", CheckpointConverter::toOriginal);
    assertThat(json(original, "config.json").path("mm_use_im_patch_token").asBoolean(true))
        .as("transformers' layout has no such token")
        .isFalse();
    for (Optional<Boolean> said : List.of(Optional.<Boolean>empty(), Optional.of(true))) {
      edit(
          original.resolve("config.json"),
          node -> {
            node.remove("mm_use_im_patch_token");
            said.ifPresent(value -> node.put("mm_use_im_patch_token", value));
          });
      Path again = convert(original, "again" + said.isPresent(), CheckpointConverter::toOriginal);
      assertThat(json(again, "config.json").path("mm_use_im_patch_token").asBoolean(false))
          .as("the original reads " + said + " as true")
          .isTrue();
    }
  }

  @Test
  void mistralsWindowIsCarriedOn() throws IOException {
    edit(
        "config.json",
        node ->
            ((ObjectNode) node.get("text_config"))
                .put("model_type", "mistral")
                .put("sliding_window", 700));
    Path again = convert(huggingFace, "again", CheckpointConverter::toHuggingFace);
    Path original = convert(huggingFace, "original", CheckpointConverter::toOriginal);
    assertThat(json(again, "config.json").path("text_config").path("model_type").asString())
        .isEqualTo("mistral");
    assertThat(json(original, "config.json").path("model_type").asString())
        .isEqualTo("llava_mistral");
    for (Path out : List.of(huggingFace, again, original, convertToGguf(huggingFace))) {
      try (Checkpoint checkpoint = open(out)) {
        assertThat(checkpoint.config().contextLength()).as(out.toString()).isEqualTo(700);
      }
    }
  }

  @Test
  void aWindowThatIsNotNamedIsMistralsOwnAndNullIsNone() throws IOException {
    edit(
        "config.json",
        node ->
            ((ObjectNode) node.get("text_config"))
                .put("model_type", "mistral")
                .put("max_position_embeddings", 9000));
    try (Checkpoint checkpoint = open(huggingFace)) {
      assertThat(checkpoint.config().contextLength()).isEqualTo(4096); // as MistralConfig
    }
    edit("config.json", node -> ((ObjectNode) node.get("text_config")).putNull("sliding_window"));
    try (Checkpoint checkpoint = open(huggingFace)) {
      assertThat(checkpoint.config().contextLength()).isEqualTo(9000);
    }
  }

  /// The golden model with the vocabulary of the case llama3_chat_template.
  private Path byteLevelModel() throws IOException {
    Path cases;
    try {
      cases = Path.of(ConvertedFilesTest.class.getResource("/cases/llama3_chat_template").toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
    Files.delete(huggingFace.resolve("tokenizer.model"));
    Files.delete(huggingFace.resolve("added_tokens.json"));
    for (String name :
        List.of(
            "chat_template.jinja",
            "generation_config.json",
            "processor_config.json",
            "tokenizer.json",
            "tokenizer_config.json")) {
      Files.copy(
          cases.resolve(name), huggingFace.resolve(name), StandardCopyOption.REPLACE_EXISTING);
    }
    int patch = json(huggingFace, "config.json").path("vision_config").path("patch_size").asInt();
    edit("processor_config.json", node -> node.put("patch_size", patch));
    edit(
        "config.json",
        node -> {
          node.put("image_token_index", 1205).put("pad_token_id", 1206);
          ((ObjectNode) node.get("text_config"))
              .put("bos_token_id", 1200)
              .put("eos_token_id", 1201)
              .put("pad_token_id", 1206);
        });
    return huggingFace;
  }

  private void edit(String name, Consumer<ObjectNode> change) throws IOException {
    edit(huggingFace.resolve(name), change);
  }

  private static void edit(Path file, Consumer<ObjectNode> change) throws IOException {
    ObjectNode node = (ObjectNode) JSON.readTree(file.toFile());
    change.accept(node);
    Files.writeString(file, node.toString());
  }

  private Path convert(Path from, String name, Writer writer) {
    Path out = folder.resolve(name);
    try (Checkpoint checkpoint = open(from)) {
      writer.write(new CheckpointConverter(checkpoint, WriteListener.NONE), out, null);
    }
    return out;
  }

  private Path convertToGguf(Path from) {
    return convert(from, "gguf", (converter, out, _) -> converter.toGguf(out, GgmlType.F16));
  }

  private static GgufFile languageModel(Path gguf) throws IOException {
    try (var files = Files.list(gguf)) {
      return GgufFile.open(
          files
              .filter(file -> !file.getFileName().toString().startsWith("mmproj"))
              .findFirst()
              .orElseThrow());
    }
  }

  private static Checkpoint open(Path folder) {
    return new CheckpointOpener(CheckpointOptions.none()).open(folder);
  }

  private static JsonTokenizer fast(Path folder) {
    return new JsonTokenizer(
        folder.resolve("tokenizer.json"), "<s>", "</s>", java.util.OptionalInt.empty());
  }

  private static JsonNode json(Path folder, String name) {
    return JSON.readTree(folder.resolve(name).toFile());
  }
}
