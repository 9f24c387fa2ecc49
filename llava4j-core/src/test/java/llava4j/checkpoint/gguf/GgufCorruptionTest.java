package llava4j.checkpoint.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.Consumer;
import llava4j.error.BadInputException;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/// Damaged files cost one sentence: no crash, no hang, no allocation that the file's size does not
/// justify.
class GgufCorruptionTest {
  private static final int COUNTS = 8;

  @Test
  void soundFileIsRead() {
    assertThat(open(sound())).isNull();
  }

  @Test
  void everyTruncationIsRefused() {
    byte[] sound = sound();
    for (int length = 0; length < sound.length; length++) {
      String refusal = open(Arrays.copyOf(sound, length));
      // The last tensor needs no padding after it.
      assertThat(refusal != null).as("cut to " + length).isEqualTo(length < sound.length - 24);
    }
  }

  @Test
  void otherFilesAndVersionsAreNamed() {
    assertRefused(bytes -> bytes.put(0, (byte) 'X'), "not a GGUF file");
    assertRefused(bytes -> bytes.putInt(4, 1), "version 1");
    assertRefused(bytes -> bytes.putInt(4, 4), "version 4");
    assertRefused(bytes -> bytes.putInt(4, Integer.reverseBytes(3)), "big-endian");
  }

  @Test
  void hugeCountsAreRefusedBeforeAllocation() {
    for (long count : new long[] {Long.MAX_VALUE, -1, 1L << 40, 1 << 20}) {
      assertRefused(bytes -> bytes.putLong(COUNTS, count), "tensors, but at most");
      assertRefused(bytes -> bytes.putLong(COUNTS + 8, count), "metadata keys, but at most");
      assertRefused(bytes -> bytes.putLong(COUNTS + 16, count), "claims a string of");
      assertRefused(after("array", 8, count), "metadata key array claims");
    }
  }

  @Test
  void tensorClaimsAreHeldAgainstTheFile() {
    assertRefused(after("matrix", 4, Long.MAX_VALUE), "impossible shape");
    assertRefused(after("matrix", 4, 0), "impossible shape");
    assertRefused(after("matrix", 4, 1 << 20), "tensor matrix of type F32");
    assertRefused(after("matrix", 24, 1), "multiples of 32");
    assertRefused(after("matrix", 24, -32), "tensor matrix of type F32");
    assertRefused(bytes -> bytes.putInt(endOf(bytes, "matrix"), 5), "5 dimensions");
    assertRefused(bytes -> bytes.putInt(endOf(bytes, "matrix") + 20, 8), "rows of 3 values");
    assertRefused(bytes -> bytes.putInt(endOf(bytes, "matrix") + 20, 999), "type number 999");
    assertRefused(bytes -> bytes.putInt(endOf(bytes, "matrix") + 20, 26), "type I32");
    assertRefused(after("vector", 16, 0), "overlap");
  }

  @Test
  void deepArraysAreRefused() {
    GgufValue nested = GgufValue.int32s(List.of());
    for (int depth = 0; depth < 5; depth++) {
      nested = new GgufValue.Arrays(List.of(nested));
    }
    GgufWriter writer = new GgufWriter().put("deep", nested);
    assertThat(open(bytesOf(writer))).contains("metadata key deep").contains("nested");
  }

  @Test
  void wrongMetadataIsNamed() {
    assertMetadataRefused(metadata -> {}, "general.architecture");
    assertMetadataRefused(
        metadata -> metadata.put("general.architecture", new GgufValue.Text("qwen2")), "'qwen2'");
    assertMetadataRefused(
        metadata -> {
          metadata.put("general.architecture", new GgufValue.Text("llama"));
          metadata.put("llama.embedding_length", new GgufValue.Text("many"));
        },
        "llama.embedding_length must be an integer");
    assertMetadataRefused(
        metadata -> {
          metadata.put("general.architecture", new GgufValue.Text("llama"));
          metadata.put("llama.embedding_length", GgufValue.uint32(0));
        },
        "not a valid count");
  }

  @Property(tries = 1500)
  void changedBytesNeverEscapeAsAnythingElse(
      @ForAll @Size(min = 1, max = 6) List<@IntRange(max = 100_000) Integer> places,
      @ForAll @Size(6) List<Byte> values) {
    byte[] bytes = sound();
    for (int i = 0; i < places.size(); i++) {
      bytes[places.get(i) % bytes.length] = values.get(i);
    }
    open(bytes);
  }

  @Property(tries = 500)
  void changedLengthsNeverEscapeAsAnythingElse(
      @ForAll @IntRange(max = 100_000) int place, @ForAll long value) {
    byte[] bytes = sound();
    ByteBuffer.wrap(bytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(place % (bytes.length - 8), value);
    open(bytes);
  }

  /// Opens, reads all configuration, loads all tensors: null, or the sentence of the refusal.
  private static String open(byte[] bytes) {
    Path path = temporary(bytes);
    try (GgufWeights weights = GgufWeights.open(path);
        Scope _ = new Scope()) {
      weights.tensors().keySet().forEach(name -> Tensors.toFloats(weights.load(name)));
      readConfiguration(weights.file(), GgufTextConfig::read);
      readConfiguration(weights.file(), GgufVisionConfig::read);
      readConfiguration(weights.file(), GgufVocabulary::read);
      return null;
    } catch (BadInputException e) {
      assertThat(e.getMessage()).contains(path.toString());
      return e.getMessage();
    } finally {
      delete(path);
    }
  }

  /// The small file has no configuration; what counts is how that is said.
  private static void readConfiguration(GgufFile file, Consumer<GgufFile> reader) {
    assertThatThrownBy(() -> reader.accept(file))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(file.path().toString());
  }

  private static void assertRefused(Consumer<ByteBuffer> damage, String expected) {
    byte[] bytes = sound();
    damage.accept(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
    assertThat(open(bytes)).contains(expected);
  }

  private static void assertMetadataRefused(
      Consumer<SequencedMap<String, GgufValue>> change, String expected) {
    SequencedMap<String, GgufValue> metadata = new LinkedHashMap<>();
    change.accept(metadata);
    GgufWriter writer = new GgufWriter();
    metadata.forEach(writer::put);
    Path path = temporary(bytesOf(writer));
    try (GgufFile file = GgufFile.open(path)) {
      assertThatThrownBy(() -> GgufTextConfig.read(file))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining(expected)
          .hasMessageContaining(path.toString());
    } finally {
      delete(path);
    }
  }

  /// Writes a long so many bytes after the name.
  private static Consumer<ByteBuffer> after(String name, int distance, long value) {
    return bytes -> bytes.putLong(endOf(bytes, name) + distance, value);
  }

  private static int endOf(ByteBuffer bytes, String name) {
    String text = StandardCharsets.ISO_8859_1.decode(bytes.duplicate().clear()).toString();
    return text.indexOf(name) + name.length();
  }

  /// Metadata of several kinds, a matrix [2, 3] of F32 and a vector of 2.
  private static byte[] sound() {
    return bytesOf(
        new GgufWriter()
            .put("text", "words")
            .put("array", GgufValue.int32s(List.of(1L, 2L, 3L)))
            .put("texts", new GgufValue.Texts(List.of("a", "b")))
            .put("flag", true)
            .put("real", GgufValue.float32(0.5))
            .addTensor(
                "matrix", GgmlType.F32, List.of(2L, 3L), () -> Tensors.ofFloats(new float[6], 2, 3))
            .addTensor(
                "vector", GgmlType.F32, List.of(2L), () -> Tensors.ofFloats(new float[2], 2)));
  }

  private static byte[] bytesOf(GgufWriter writer) {
    Path path = temporary(new byte[0]);
    try {
      writer.write(path, WriteProgress.silent());
      return Files.readAllBytes(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      delete(path);
    }
  }

  private static Path temporary(byte[] bytes) {
    try {
      return Files.write(Files.createTempFile("llava4j-gguf", ".gguf"), bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path path) {
    try {
      Files.delete(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
