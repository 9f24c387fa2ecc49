package llava4j.checkpoint.open;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.WeightFolder;
import llava4j.checkpoint.convert.CheckpointConverter;
import llava4j.checkpoint.weights.WriteListener;
import llava4j.error.BadInputException;
import llava4j.golden.Golden;
import llava4j.image.decode.ImageDecoder;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Files that are not what they should be are named for what they are.
class ForeignFilesTest {
  private static final String POINTER =
      """
      version https://git-lfs.github.com/spec/v1
      oid sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
      size 14125000000
      """;

  @TempDir Path folder;
  private Path model;

  @BeforeEach
  void copyGolden() {
    model = folder.resolve("model");
    copy(Golden.path("original"), model);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "pytorch_model-00001-of-00002.bin",
        "pytorch_model.bin.index.json",
        "config.json",
        "clip/pytorch_model.bin",
        "clip/config.json",
        "tokenizer.model",
        "tokenizer_config.json"
      })
  void anLfsPointerIsNamed(String file) throws IOException {
    Files.writeString(model.resolve(file), POINTER);
    assertThatThrownBy(this::openWithTokenizer)
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(Path.of(file).getFileName().toString())
        .hasMessageContaining("is a git-lfs pointer")
        .hasMessageContaining("git lfs pull");
  }

  @ParameterizedTest
  @ValueSource(strings = {"model.safetensors", "model.gguf", "model.bin", "sha256-0123"})
  void anLfsPointerIsNamedWhateverItStandsFor(String name) throws IOException {
    Path file = Files.writeString(folder.resolve(name), POINTER);
    assertThatThrownBy(
            () -> {
              if (name.endsWith(".safetensors") || name.endsWith(".bin")) {
                WeightFolder.openFile(file);
              } else {
                open(file);
              }
            })
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("git lfs pull");
    assertThatThrownBy(() -> ImageDecoder.decode(Files.readAllBytes(file), "a.jpg"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("a.jpg is a git-lfs pointer");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"quant_method\": \"awq\", \"bits\": 4} | AWQ",
        "{\"quant_method\": \"gptq\", \"bits\": 4} | GPTQ",
        "{\"quant_method\": \"bitsandbytes\"} | bitsandbytes",
        "{\"load_in_4bit\": true} | bitsandbytes",
        "{\"quant_method\": \"compressed-tensors\"} | compressed-tensors",
        "{\"quant_method\": \"fp8\"} | FP8",
        "{\"quant_method\": \"hqq\"} | hqq"
      })
  void packedWeightsAreNamed(String quantisation, String name) throws IOException {
    Path config = model.resolve("config.json");
    Files.writeString(
        config,
        Files.readString(config)
            .replaceFirst("\\{", "{\"quantization_config\": " + quantisation + ","));
    assertThatThrownBy(() -> open(model))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("config.json")
        .hasMessageContaining("quantised with " + name)
        .hasMessageContaining("GGUF");
  }

  @ParameterizedTest
  @CsvSource({
    "qwen.tiktoken,tiktoken",
    "tekken.json,tekken",
    "tokenization_internlm2.py,in Python",
  })
  void tokenizersOfOtherKindsAreNamed(String file, String kind) throws IOException {
    Files.delete(model.resolve("tokenizer.model"));
    Files.writeString(model.resolve(file), "IQ== 0\n");
    assertThatThrownBy(this::openWithTokenizer)
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(file)
        .hasMessageContaining(kind)
        .hasMessageContaining("tokenizer.json");
  }

  @Test
  void aTiktokenVocabularyUnderAnotherNameIsNamed() throws IOException {
    Files.writeString(model.resolve("tokenizer.model"), "IQ== 0\nIg== 1\nIw== 2\n");
    assertThatThrownBy(this::openWithTokenizer)
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("tokenizer.model is a tiktoken vocabulary");
  }

  @Test
  void ggufIsToldByItsFirstBytes() throws IOException {
    Path blobs = Files.createDirectory(folder.resolve("blobs"));
    Files.copy(Golden.path("gguf/model-q8_0.gguf"), blobs.resolve("sha256-0123"));
    Files.copy(Golden.path("gguf/mmproj-f16.gguf"), blobs.resolve("sha256-4567"));
    Files.writeString(blobs.resolve("notes.txt"), "none of these is called .gguf");
    for (Path named : new Path[] {blobs, blobs.resolve("sha256-0123")}) {
      try (Checkpoint checkpoint = open(named)) {
        assertThat(checkpoint.dialect()).isEqualTo(Checkpoint.Dialect.GGUF);
      }
    }
    assertThatThrownBy(() -> open(blobs.resolve("notes.txt")))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("does not begin with the letters GGUF");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/data/models/clip-vit-large-patch14-336", "..\\\\clip", "checkpoints/a/clip"})
  void aTowerOfAnotherMachineIsExplained(String named) throws IOException {
    Path config = model.resolve("config.json");
    Files.writeString(
        config,
        Files.readString(config)
            .replaceFirst(
                "\"mm_vision_tower\": *\"[^\"]*\"",
                java.util.regex.Matcher.quoteReplacement(
                    "\"mm_vision_tower\": \"" + named + "\"")));
    assertThatThrownBy(() -> open(model))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("config.json")
        .hasMessageContaining("mm_vision_tower")
        .hasMessageContaining("--vision-tower");
  }

  @Test
  void aRefusalShowsFiveNamesAndKeepsAll() throws IOException {
    Path config = model.resolve("config.json");
    Files.writeString(
        config,
        Files.readString(config)
            .replaceFirst("\"num_hidden_layers\": *\\d+", "\"num_hidden_layers\": 8"));
    try (Checkpoint checkpoint = open(model)) {
      assertThatThrownBy(() -> new CheckpointConverter(checkpoint, WriteListener.NONE))
          .isInstanceOfSatisfying(
              BadInputException.class,
              refusal -> {
                assertThat(refusal.details()).hasSizeGreaterThan(20);
                assertThat(refusal)
                    .hasMessageContaining("(" + refusal.details().size() + " tensors)")
                    .hasMessageContaining("and " + (refusal.details().size() - 5) + " more")
                    .hasMessageContaining(refusal.details().get(4))
                    .message()
                    .doesNotContain(refusal.details().get(5));
              });
    }
  }

  private void openWithTokenizer() {
    try (Checkpoint checkpoint = open(model)) {
      checkpoint.tokenizer().get().close();
    }
  }

  private static Checkpoint open(Path path) {
    return new CheckpointOpener(CheckpointOptions.none()).open(path);
  }

  private static void copy(Path from, Path to) {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path target = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.write(target, Files.readAllBytes(file));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
