package llava4j.checkpoint.open;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.WeightFolder;
import llava4j.checkpoint.safetensors.SafetensorsFile;
import llava4j.checkpoint.safetensors.SafetensorsWriter;
import llava4j.checkpoint.torch.TorchZipFile;
import llava4j.checkpoint.torch.TorchZipWriter;
import llava4j.checkpoint.weights.NameTable;
import llava4j.checkpoint.weights.ParameterTable;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.checkpoint.weights.WriteListener;
import llava4j.error.BadInputException;
import llava4j.golden.Golden;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Checkpoints that are damaged, lie, or want to run code end in one sentence.
class HostileCheckpointTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"a\": {\"dtype\": \"F32\", \"shape\": [2], \"data_offsets\": [0, 4]}} | 8 | needs 8 bytes but has 4",
        "{\"a\": {\"dtype\": \"F32\", \"shape\": [2], \"data_offsets\": [0, 80]}} | 8 | claims bytes [0, 80]",
        "{\"a\": {\"dtype\": \"F8_E4M3\", \"shape\": [8], \"data_offsets\": [0, 8]}} | 8 | F8_E4M3",
        "{\"a\": {\"dtype\": \"F32\", \"shape\": [-2], \"data_offsets\": [0, 8]}} | 8 | not a valid count",
        "{\"a\": {\"dtype\": \"F32\", \"shape\": [4611686018427387904, 4], \"data_offsets\": [0, 8]}} | 8 | impossible shape",
        "{\"a\": {\"dtype\": \"U8\", \"shape\": [4], \"data_offsets\": [4, 8]}} | 8 | starts at byte",
        "{\"a\": {\"dtype\": \"U8\", \"shape\": [4], \"data_offsets\": [0, 4]}} | 8 | after its last tensor",
        "[1, 2] | 0 | not a JSON object",
        "{broken | 0 | not valid JSON"
      })
  void aSafetensorsHeaderThatDoesNotFitIsExplained(String header, int dataBytes, String said)
      throws IOException {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer file =
        ByteBuffer.allocate(8 + json.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(json.length).put(json);
    Path path = Files.write(folder.resolve("x.safetensors"), file.array());
    assertThatThrownBy(() -> SafetensorsFile.open(path))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("x.safetensors")
        .hasMessageContaining(said);
  }

  @Test
  void aHeaderOfAQuintillionBytesIsNotBelieved() throws IOException {
    byte[] file = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(1L << 60).array();
    Path path = Files.write(folder.resolve("x.safetensors"), file);
    assertThatThrownBy(() -> SafetensorsFile.open(path))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("1152921504606846976");
  }

  @ParameterizedTest
  @CsvSource({"os,system", "posix,system", "builtins,eval", "torch.hub,load", "numpy,load"})
  void aPickleThatWantsToRunCodeIsRefusedByName(String module, String name) throws IOException {
    Path witness = folder.resolve("ran");
    byte[] pickle =
        ("\u0080\u0002c"
                + module
                + "\n"
                + name
                + "\n(X"
                + (char) witness.toString().length()
                + "\0\0\0"
                + witness
                + "tR.")
            .getBytes(StandardCharsets.ISO_8859_1);
    Path path = torchFile(pickle);
    assertThatThrownBy(() -> TorchZipFile.open(path))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(module + "." + name)
        .hasMessageContaining("never executed");
    assertThat(witness).doesNotExist();
  }

  @Test
  void otherFilesThanTorchArchivesAreNamed() throws IOException {
    Path text = Files.writeString(folder.resolve("text.bin"), "no checkpoint at all");
    assertThatThrownBy(() -> TorchZipFile.open(text))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("text.bin");
    Path old =
        Files.write(
            folder.resolve("old.bin"), new byte[] {(byte) 0x80, 2, (byte) 0x8a, 10, 1, 2, 3});
    assertThatThrownBy(() -> TorchZipFile.open(old))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("PyTorch 1.6");
  }

  @Test
  void whatIsWrittenIsReadBackToTheByte() {
    for (String source : List.of("original/clip", "original", "projector")) {
      try (WeightSource before =
          WeightFolder.open(Golden.path(source), List.of("pytorch_model", "mm_projector"))) {
        new TorchZipWriter(300_000)
            .write(before, folder.resolve(source), "pytorch_model", null, WriteListener.NONE);
        new SafetensorsWriter(300_000)
            .write(before, folder.resolve(source), "model", null, WriteListener.NONE);
        for (String stem : List.of("pytorch_model", "model")) {
          try (WeightSource after = WeightFolder.open(folder.resolve(source), List.of(stem))) {
            assertThat(after.tensors().keySet())
                .containsExactlyInAnyOrderElementsOf(before.tensors().keySet());
            for (String name : before.tensors().keySet()) {
              assertSame(before, after, name);
            }
          }
        }
      }
    }
  }

  private static void assertSame(WeightSource before, WeightSource after, String name) {
    try (Scope _ = new Scope()) {
      Tensor expected = before.load(name);
      Tensor found = after.load(name);
      assertThat(Tensors.type(found)).as(name).isEqualTo(Tensors.type(expected));
      assertThat(found.equal(expected)).as(name).isTrue();
    }
  }

  @Test
  void everyNameLayoutLeadsToTheSameNames() {
    String layer = "layers.3.mlp.up_proj.weight";
    for (String name :
        List.of(
            "language_model.model." + layer, "model.language_model." + layer, "model." + layer)) {
      assertThat(NameTable.ours(name)).contains("language_model." + layer);
    }
    for (String name : List.of("language_model.lm_head.weight", "lm_head.weight")) {
      assertThat(NameTable.ours(name)).contains("lm_head.weight");
    }
    String tower = "encoder.layers.1.mlp.fc1.bias";
    for (String name :
        List.of(
            "vision_tower.vision_model." + tower,
            "model.vision_tower.vision_model." + tower,
            "model.vision_tower." + tower,
            "vision_tower." + tower,
            "model.vision_tower.vision_tower.vision_model." + tower)) {
      assertThat(NameTable.ours(name)).as(name).contains("vision_tower.vision_model." + tower);
    }
    for (String name :
        List.of(
            "multi_modal_projector.linear_2.bias",
            "model.multi_modal_projector.linear_2.bias",
            "model.mm_projector.2.bias")) {
      assertThat(NameTable.ours(name)).contains("projector.2.bias");
    }
    assertThat(NameTable.ours("model.layers.0.self_attn.rotary_emb.inv_freq")).isEmpty();
    assertThat(NameTable.oursOfClip("text_model.final_layer_norm.weight")).isEmpty();
  }

  @Test
  void allThatIsMissingOrUnexpectedIsListedAtOnce() throws IOException {
    Path copy = copy("original");
    Path index = copy.resolve("pytorch_model.bin.index.json");
    JsonNode whole = new JsonMapper().readTree(Files.readString(index));
    ((ObjectNode) whole.get("weight_map")).remove(List.of("model.norm.weight", "lm_head.weight"));
    Files.writeString(index, whole.toString());
    try (Checkpoint checkpoint = open(copy)) {
      assertThatThrownBy(() ->
              ParameterTable.of(checkpoint.config())
                  .requireExactly(checkpoint.inferenceWeights(), "copy"))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("missing language_model.norm.weight")
          .hasMessageContaining("missing lm_head.weight");
    }
  }

  @Test
  void anIncompleteModelFolderIsExplained() throws IOException {
    Path copy = copy("original");
    try (Stream<Path> files = Files.list(copy)) {
      Path shard =
          files.filter(file -> file.toString().endsWith("2.bin")).findFirst().orElseThrow();
      Files.delete(shard);
      assertThatThrownBy(() -> open(copy))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining(shard.getFileName().toString());
    }
    Path config = copy.resolve("config.json");
    Files.writeString(
        config,
        Files.readString(config)
            .replaceAll("\"mm_vision_tower\": \"[^\"]*\"", "\"mm_vision_tower\": \"gone/away\""));
    assertThatThrownBy(() -> open(copy))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("gone/away");
    Files.writeString(config, "{\"model_type\": \"qwen2_vl\", \"architectures\": [\"Qwen2VL\"]}");
    assertThatThrownBy(() -> open(copy))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("supported are LLaVA-1.5");
  }

  @Test
  void aProjectorAloneNeedsABaseAndThenWorks() {
    Path projector = Golden.path("projector");
    CheckpointOptions tower =
        CheckpointOptions.none().withVisionTower(Golden.path("clip_full").toString());
    assertThatThrownBy(() -> new CheckpointOpener(tower).open(projector))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("--base");
    CheckpointOptions options = tower.withBase(Golden.path("original").toString());
    try (Checkpoint checkpoint = new CheckpointOpener(options).open(projector)) {
      ParameterTable.of(checkpoint.config())
          .requireExactly(checkpoint.inferenceWeights(), "projector");
      assertThat(checkpoint.weights().tensors().get("projector.0.weight").storedAs())
          .isEqualTo("BF16");
    }
  }

  @Property(tries = 150)
  void damagedFilesEndInOneSentence(
      @ForAll @Size(min = 1, max = 6) List<@IntRange(min = 0, max = 100_000) Integer> places,
      @ForAll byte value)
      throws IOException {
    Path here = Files.createTempDirectory("damaged");
    try {
      for (String name : List.of("lora/adapter_model.safetensors", "projector/mm_projector.bin")) {
        byte[] bytes = Files.readAllBytes(Golden.path(name));
        for (int place : places) {
          bytes[(int) ((long) place * bytes.length / 100_001)] = value;
          bytes[place % 900] = value; // headers stand in front
          bytes[bytes.length - 1 - place % 500] = value; // a ZIP's directory stands behind
        }
        Path file = Files.write(here.resolve(Path.of(name).getFileName()), bytes);
        try (WeightSource source = WeightFolder.openFile(file)) {
          for (String tensor : source.tensors().keySet()) {
            source.load(tensor).close();
          }
        } catch (BadInputException e) {
          assertThat(e.getMessage()).contains(file.getFileName().toString());
        }
      }
    } finally {
      try (Stream<Path> files = Files.list(here)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(here);
    }
  }

  private static Checkpoint open(Path path) {
    return new CheckpointOpener(CheckpointOptions.none()).open(path);
  }

  private Path copy(String name) throws IOException {
    Path from = Golden.path(name);
    Path to = folder.resolve(name);
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path target = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target);
        }
      }
    }
    return to;
  }

  private Path torchFile(byte[] pickle) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      CRC32 crc = new CRC32();
      crc.update(pickle);
      ZipEntry entry = new ZipEntry("archive/data.pkl");
      entry.setMethod(ZipEntry.STORED);
      entry.setSize(pickle.length);
      entry.setCrc(crc.getValue());
      zip.putNextEntry(entry);
      zip.write(pickle);
    }
    return Files.write(folder.resolve("x.bin"), bytes.toByteArray());
  }
}
