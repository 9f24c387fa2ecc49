package llava4j.checkpoint.gguf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import llava4j.error.BadInputException;
import llava4j.golden.Golden;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/// Whole model files with changed bytes in their keys, values and tensor infos: they are read, or
/// refused in one sentence that names the file.
class GgufModelFuzzTest {

  @Property(tries = 150)
  void damagedLanguageModelIsReadOrRefused(
      @ForAll @Size(min = 1, max = 4) List<@IntRange(max = 1_000_000) Integer> places,
      @ForAll @Size(4) List<Byte> values)
      throws IOException {
    Path file = damaged("gguf/model-q4_K_M.gguf", "tokenizer.ggml.tokens", places, values);
    try (GgufWeights weights = GgufWeights.open(file)) {
      GgufVocabulary.read(weights.file());
      loadAll(LlavaGguf.languageModel(weights, GgufTextConfig.read(weights.file())));
    } catch (BadInputException e) {
      assertThat(e.getMessage()).contains(file.toString());
    } finally {
      Files.delete(file);
    }
  }

  @Property(tries = 150)
  void damagedMmprojIsReadOrRefused(
      @ForAll @Size(min = 1, max = 4) List<@IntRange(max = 1_000_000) Integer> places,
      @ForAll @Size(4) List<Byte> values)
      throws IOException {
    Path file = damaged("gguf/mmproj-f16.gguf", "v.blk.1.ln2.bias", places, values);
    try (GgufWeights weights = GgufWeights.open(file)) {
      loadAll(LlavaGguf.mmproj(weights, GgufVisionConfig.read(weights.file())));
    } catch (BadInputException e) {
      assertThat(e.getMessage()).contains(file.toString());
    } finally {
      Files.delete(file);
    }
  }

  private static void loadAll(LlavaGguf source) {
    for (String name : source.tensors().keySet()) {
      try (Scope _ = new Scope()) {
        Tensors.toFloats(source.load(name));
      }
    }
  }

  /// A copy with some bytes changed before the first occurrence of `end`.
  private static Path damaged(String golden, String end, List<Integer> places, List<Byte> values)
      throws IOException {
    byte[] bytes = Files.readAllBytes(Golden.path(golden));
    int limit = new String(bytes, StandardCharsets.ISO_8859_1).indexOf(end);
    for (int i = 0; i < places.size(); i++) {
      bytes[places.get(i) % limit] = values.get(i);
    }
    return Files.write(Files.createTempFile("llava4j-gguf", ".gguf"), bytes);
  }
}
