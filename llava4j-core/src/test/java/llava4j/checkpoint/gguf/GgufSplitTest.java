package llava4j.checkpoint.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.open.CheckpointOpener;
import llava4j.error.BadInputException;
import llava4j.golden.Golden;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Split files, and the key that says how many vision blocks are run.
class GgufSplitTest {
  private static final int PARTS = 3;

  @TempDir Path folder;
  private final Path whole = Golden.path("gguf/model-f16.gguf");

  @BeforeEach
  void split() {
    try (GgufFile file = GgufFile.open(whole)) {
      List<GgufTensor> tensors = List.copyOf(file.tensors().values());
      for (int part = 0; part < PARTS; part++) {
        GgufWriter writer = new GgufWriter();
        if (part == 0) {
          file.metadata().values().forEach(writer::put);
        }
        writer.put("split.no", GgufValue.uint32(part));
        writer.put("split.count", GgufValue.uint32(PARTS));
        writer.put("split.tensors.count", GgufValue.uint32(tensors.size()));
        for (int i = part; i < tensors.size(); i += PARTS) {
          GgufTensor tensor = tensors.get(i);
          writer.addTensor(tensor.name(), tensor.type(), tensor.shape(), () -> file.load(tensor));
        }
        writer.write(part(part + 1), WriteProgress.silent());
      }
    }
  }

  @Test
  void partsOpenAsOneWhicheverIsNamed() {
    try (GgufFile expected = GgufFile.open(whole)) {
      for (int named = 1; named <= PARTS; named++) {
        try (GgufFile joined = GgufFile.open(part(named))) {
          assertThat(joined.tensors().keySet())
              .containsExactlyInAnyOrderElementsOf(expected.tensors().keySet());
          for (GgufTensor tensor : expected.tensors().values()) {
            GgufTensor found = joined.tensors().get(tensor.name());
            assertThat(joined.bytes(found).mismatch(expected.bytes(tensor)))
                .as(tensor.name())
                .isEqualTo(-1);
          }
          assertThat(joined.metadata().text("general.architecture")).isEqualTo("llama");
        }
      }
    }
  }

  @Test
  void aFolderOfPartsIsOneModel() throws IOException {
    Files.copy(Golden.path("gguf/mmproj-f16.gguf"), folder.resolve("mmproj-f16.gguf"));
    try (Checkpoint checkpoint = new CheckpointOpener(CheckpointOptions.none()).open(folder)) {
      assertThat(checkpoint.name()).isEqualTo("llava");
    }
  }

  @Test
  void whatIsWrongWithThePartsIsSaid() throws IOException {
    Path third = part(3);
    Path aside = folder.resolve("aside");
    Files.move(third, aside);
    refused(part(1), "llava-00003-of-00003.gguf is missing");
    Files.copy(part(2), third);
    refused(part(1), "says that it is part 2 of 3");
    Files.delete(third);
    Files.move(aside, third);
    Files.move(part(1), folder.resolve("renamed.gguf"));
    refused(folder.resolve("renamed.gguf"), "is not called NAME-00001-of-00003.gguf");
  }

  @Test
  void aNumberThatNoPartHasIsRefused() throws IOException {
    for (String number : List.of("00000", "00004")) {
      Path stranger = folder.resolve("llava-" + number + "-of-00003.gguf");
      Files.copy(part(1), stranger);
      refused(stranger, "is numbered " + number);
      refused(stranger, "from 00001 to 00003");
    }
  }

  @Test
  void featureLayerSaysHowManyBlocksAreRun() {
    assertThat(blocks(List.of())).isEqualTo(4);
    assertThat(blocks(List.of(4L))).isEqualTo(4);
    assertThat(blocks(List.of(3L))).isEqualTo(3);
    for (List<Long> layers : List.of(List.of(2L, 3L), List.of(5L), List.of(-1L))) {
      assertThatThrownBy(() -> blocks(layers))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("clip.vision.feature_layer is " + layers);
    }
  }

  private int blocks(List<Long> featureLayers) {
    GgufWriter writer = new GgufWriter();
    writer.put("general.architecture", "clip");
    for (String key : List.of("image_size", "patch_size", "embedding_length")) {
      writer.put("clip.vision." + key, GgufValue.uint32(56));
    }
    writer.put("clip.vision.feed_forward_length", GgufValue.uint32(56));
    writer.put("clip.vision.block_count", GgufValue.uint32(4));
    writer.put("clip.vision.attention.head_count", GgufValue.uint32(4));
    writer.put("clip.vision.attention.layer_norm_epsilon", GgufValue.float32(1e-5));
    writer.put("clip.vision.image_mean", GgufValue.float32s(List.of(0.5, 0.5, 0.5)));
    writer.put("clip.vision.image_std", GgufValue.float32s(List.of(0.5, 0.5, 0.5)));
    if (!featureLayers.isEmpty()) {
      writer.put("clip.vision.feature_layer", GgufValue.int32s(new ArrayList<>(featureLayers)));
    }
    Path file = folder.resolve("keys.gguf");
    writer.write(file, WriteProgress.silent());
    try (GgufFile opened = GgufFile.open(file)) {
      return GgufVisionConfig.read(opened).blockCount();
    }
  }

  private static void refused(Path file, String said) {
    assertThatThrownBy(() -> GgufFile.open(file))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(said);
  }

  private Path part(int number) {
    return folder.resolve("llava-0000" + number + "-of-0000" + PARTS + ".gguf");
  }
}
