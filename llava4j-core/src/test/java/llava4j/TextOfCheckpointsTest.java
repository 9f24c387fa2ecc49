package llava4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.open.CheckpointOpener;
import llava4j.error.BadInputException;
import llava4j.generate.Generation;
import llava4j.generate.GenerationOptions;
import llava4j.golden.EditedCheckpoint;
import llava4j.golden.Golden;
import llava4j.image.ImageMode;
import llava4j.image.ImageSource;
import llava4j.image.RgbImage;
import llava4j.text.TokenizerFiles;
import llava4j.text.template.ChatTemplate;
import llava4j.text.template.ConversationTemplate;
import llava4j.text.tokenizer.Tokenizer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// What a checkpoint's small files say about words and images is what happens.
class TextOfCheckpointsTest {
  private static final GenerationOptions SIX =
      GenerationOptions.greedy().withMaxNewTokens(6).withTopLogProbs(3);

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anAddedTokenCanBeSaid(boolean sentencePiece) {
    EditedCheckpoint edited = copy("hf_gqa");
    int seg = firstWithoutAToken(edited.folder());
    int vocab =
        read(edited.folder().resolve("config.json")).path("text_config").path("vocab_size").asInt();
    assertThat(vocab).isGreaterThan(seg + 2);
    int first = answer(edited.folder(), LoadOptions.defaults()).ids()[0];
    edited
        .multiplyRow("language_model.model.embed_tokens.weight", seg, first, 3) // tied to the head
        .json("added_tokens.json", json -> json.put("[SEG]", seg))
        .json(
            "tokenizer_config.json",
            json -> added((ObjectNode) json.get("added_tokens_decoder").get("0"), json, seg))
        .json(
            "tokenizer.json",
            json ->
                ((ArrayNode) json.get("added_tokens"))
                    .addObject()
                    .put("id", seg)
                    .put("content", "[SEG]")
                    .put("single_word", false)
                    .put("lstrip", false)
                    .put("rstrip", false)
                    .put("normalized", false)
                    .put("special", false));
    if (!sentencePiece) {
      edited.delete("tokenizer.model");
    }
    Generation answer = answer(edited.folder(), LoadOptions.defaults());
    assertThat(answer.ids()[0]).isEqualTo(seg);
    assertThat(answer.text()).startsWith("[SEG]");
    assertThat(answer.logProbs().getFirst().top().getFirst().id()).isEqualTo(seg);
    try (Tokenizer tokenizer = TokenizerFiles.open(edited.folder())) {
      int image = tokenizer.imageTokenId().orElseThrow();
      assertThat(IntStream.range(0, vocab).filter(id -> !tokenizer.isGenerable(id)).toArray())
          .contains(image, seg + 1, vocab - 1)
          .doesNotContain(seg, tokenizer.eosId());
    }
  }

  /// The first row of the matrices that stands for no token: after all pieces and added tokens.
  private static int firstWithoutAToken(Path model) {
    try (Tokenizer tokenizer = TokenizerFiles.open(model)) {
      int last = tokenizer.imageTokenId().orElseThrow();
      for (JsonNode id : read(model.resolve("added_tokens.json"))) {
        last = Math.max(last, id.asInt());
      }
      return last + 1;
    }
  }

  private static void added(ObjectNode like, ObjectNode json, int seg) {
    ((ObjectNode) json.get("added_tokens_decoder"))
        .set(String.valueOf(seg), like.deepCopy().put("content", "[SEG]").put("special", false));
  }

  @Test
  void nestedProcessorSettingsAreRead() {
    EditedCheckpoint edited = copy("hf_gqa");
    ObjectNode old = read(edited.folder().resolve("preprocessor_config.json"));
    for (String key : List.of("image_mean", "image_std")) {
      old.putArray(key).add(0.5).add(0.5).add(0.5);
    }
    edited.json("processor_config.json", json -> json.set("image_processor", old));
    try (Checkpoint checkpoint = open(edited.folder())) {
      assertThat(checkpoint.imageProcessor().mean().red()).isEqualTo(0.5); // nested comes first
    }
    edited.delete("preprocessor_config.json");
    try (Checkpoint checkpoint = open(edited.folder())) {
      assertThat(checkpoint.imageProcessor().std().blue()).isEqualTo(0.5);
      assertThat(checkpoint.config().imageMode()).isInstanceOf(ImageMode.Pad.class);
    }
    edited.json(
        "processor_config.json",
        json ->
            ((ObjectNode) json.get("image_processor"))
                .put("image_processor_type", "LlavaImageProcessorFast")
                .put("do_pad", false));
    try (Checkpoint checkpoint = open(edited.folder())) {
      assertThat(checkpoint.config().imageMode()).isInstanceOf(ImageMode.Square.class);
    }
    edited.json("processor_config.json", json -> json.put("patch_size", 16));
    assertThatThrownBy(() -> open(edited.folder()))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("processor_config.json: patch_size is 16");
  }

  @Test
  void promptsBeyondMistralsWindowAreRefusedByItsName() {
    EditedCheckpoint edited = copy("hf_gqa");
    edited.json(
        "config.json",
        json ->
            ((ObjectNode) json.get("text_config"))
                .put("model_type", "mistral")
                .put("sliding_window", 60));
    try (Llava llava = Llava.load(edited.folder())) {
      assertThatThrownBy(() -> llava.ask("word ".repeat(60)))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("the context of 60 (Mistral's sliding_window)");
    }
  }

  @Test
  void aFoldersOwnTemplateDecidesAndItsNameDoesNot() {
    EditedCheckpoint edited =
        EditedCheckpoint.copy(Golden.path("hf_gqa"), folder.resolve("my-mistral-notes"));
    try (Llava llava = Llava.load(edited.folder())) {
      assertThat(llava.template()).isInstanceOf(ChatTemplate.class);
      assertThat(llava.templateNote()).isEmpty();
      assertThat(llava.prompt(ChatRequest.of(List.of(image()), "What is this?")))
          .isEqualTo("USER: <image>\nWhat is this? ASSISTANT:");
    }
  }

  @Test
  void markedImagesAreAskedAboutAsTheyWereLearned() {
    EditedCheckpoint edited = copy("original");
    edited.json("config.json", json -> json.put("mm_use_im_start_end", true));
    try (Checkpoint checkpoint = open(edited.folder())) {
      // the embedding has no rows for the two tokens
      assertThatThrownBy(() -> checkpoint.tokenizer().get())
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("mm_use_im_start_end is true");
    }
    try (Checkpoint checkpoint = open(edited.folder())) {
      assertThat(checkpoint.prompts().marked("USER: <image>\nHi"))
          .isEqualTo("USER: <im_start><image><im_end>\nHi");
    }
  }

  private EditedCheckpoint copy(String golden) {
    return EditedCheckpoint.copy(Golden.path(golden), folder.resolve("model"));
  }

  private static Checkpoint open(Path path) {
    return new CheckpointOpener(CheckpointOptions.none()).open(path);
  }

  private static ObjectNode read(Path file) {
    try {
      return (ObjectNode)
          new tools.jackson.databind.json.JsonMapper().readTree(Files.readString(file));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static Generation answer(Path model, LoadOptions options) {
    try (Llava llava =
        Llava.load(model.toString(), options.withTemplate(ConversationTemplate.VICUNA_V1))) {
      ChatRequest request = ChatRequest.of(List.of(image()), "What is this?").withOptions(SIX);
      return llava.answer(request).answers().getFirst();
    }
  }

  private static RgbImage image() {
    return Llava.decode(new ImageSource.OfFile(Golden.path("images/exact_model_size.png")));
  }
}
