package llava4j.checkpoint.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import llava4j.Llava;
import llava4j.LoadOptions;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.WeightFolder;
import llava4j.checkpoint.gguf.GgmlType;
import llava4j.checkpoint.open.CheckpointOpener;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.checkpoint.weights.WriteListener;
import llava4j.error.BadInputException;
import llava4j.golden.Golden;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What is written in one dialect and read again is the same model.
@Tag("slow")
class ConvertRoundTripTest {
  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "F16", "BF16"})
  void huggingFaceTensorsSurviveEveryDialect(DType dtype) {
    for (String source : sources()) {
      Path first = folder.resolve(source + "-first-" + dtype);
      convert(Golden.path(source), (converter, out) -> converter.toHuggingFace(out, dtype), first);
      check(
          source + " " + dtype + " through original",
          first,
          dtype,
          (converter, out) -> converter.toOriginal(out, dtype));
      check(
          source + " " + dtype + " through GGUF F32",
          first,
          dtype,
          (converter, out) -> converter.toGguf(out, GgmlType.F32));
      // the goldens' weights are the same numbers in fp16
      check(
          source + " " + dtype + " through GGUF F16",
          first,
          dtype,
          (converter, out) -> converter.toGguf(out, GgmlType.F16));
    }
  }

  @Test
  void everyDialectGivesTheSameAnswer() {
    Path image =
        Golden.path(
            Golden.files("images/").stream()
                .filter(name -> name.endsWith("420.jpg"))
                .findFirst()
                .orElseThrow());
    String expected = answer(Golden.path("original"), image);
    Path huggingFace = folder.resolve("hf");
    convert(
        Golden.path("original"),
        (converter, out) -> converter.toHuggingFace(out, null),
        huggingFace);
    Path gguf = folder.resolve("gguf");
    convert(huggingFace, (converter, out) -> converter.toGguf(out, GgmlType.F16), gguf);
    Path original = folder.resolve("original");
    convert(gguf, (converter, out) -> converter.toOriginal(out, DType.F16), original);
    assertThat(answer(huggingFace, image)).isEqualTo(expected);
    assertThat(answer(gguf, image)).isEqualTo(expected);
    assertThat(answer(original, image)).isEqualTo(expected);
  }

  @Test
  void aMergedAdapterConvertsAndAnUnmergedOneOnlyToAnAdapter() {
    Path out = folder.resolve("merged");
    try (Checkpoint merged =
        new CheckpointOpener(CheckpointOptions.none().withMergedLora()).open(Golden.path("lora"))) {
      new CheckpointConverter(merged, WriteListener.NONE).toHuggingFace(out, DType.F32);
    }
    assertThat(out.resolve("model.safetensors")).isRegularFile();
    try (Checkpoint beside =
        new CheckpointOpener(CheckpointOptions.none()).open(Golden.path("lora"))) {
      CheckpointConverter converter = new CheckpointConverter(beside, WriteListener.NONE);
      assertThatThrownBy(() -> converter.toOriginal(folder.resolve("original"), DType.F32))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("--merge-lora");
      assertThatThrownBy(() -> converter.toGguf(folder.resolve("gguf"), GgmlType.F16))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("--merge-lora");
    }
  }

  @Test
  void aFolderWithFilesIsNotWrittenInto() {
    Path used = Golden.path("hf_gqa");
    try (Checkpoint checkpoint =
        new CheckpointOpener(CheckpointOptions.none()).open(Golden.path("original"))) {
      CheckpointConverter converter = new CheckpointConverter(checkpoint, WriteListener.NONE);
      assertThatThrownBy(() -> converter.toHuggingFace(used, null))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("not empty");
    }
  }

  private static List<String> sources() {
    return Golden.models("hf", "hf_gqa", "original");
  }

  private void check(
      String what, Path first, DType dtype, BiConsumer<CheckpointConverter, Path> middle) {
    String id = what.replaceAll("\\W+", "-");
    Path between = folder.resolve(id);
    Path last = folder.resolve(id + "-last");
    convert(first, middle, between);
    convert(between, (converter, out) -> converter.toHuggingFace(out, dtype), last);
    try (WeightSource a = WeightFolder.open(first, List.of("model"));
        WeightSource b = WeightFolder.open(last, List.of("model"));
        Checkpoint config = new CheckpointOpener(CheckpointOptions.none()).open(first)) {
      long compared = 0;
      long different = 0;
      for (String name : a.tensors().keySet()) {
        if (!b.tensors().containsKey(name)) {
          different += isUnused(name, config) ? 0 : 1; // GGUF leaves out what LLaVA never runs
        } else {
          compared++;
          different += Arrays.equals(bytes(a, name), bytes(b, name)) ? 0 : 1;
        }
      }
      different +=
          b.tensors().keySet().stream().filter(name -> !a.tensors().containsKey(name)).count();
      Golden.checkExact("convert " + what, compared, different);
    }
  }

  private static boolean isUnused(String name, Checkpoint checkpoint) {
    int layers = checkpoint.config().vision().layersToRun();
    return name.contains("post_layernorm")
        || name.contains("vision_model.encoder.layers." + layers + ".");
  }

  private static byte[] bytes(WeightSource source, String name) {
    try (Scope _ = new Scope()) {
      Tensor tensor = source.load(name);
      float[] values = Tensors.toFloats(tensor);
      java.nio.ByteBuffer buffer = java.nio.ByteBuffer.allocate(values.length * 4 + 1);
      buffer.asFloatBuffer().put(values);
      buffer.put(values.length * 4, (byte) Tensors.type(tensor).name().hashCode());
      return buffer.array();
    }
  }

  private static void convert(Path from, BiConsumer<CheckpointConverter, Path> how, Path to) {
    try (Checkpoint checkpoint = new CheckpointOpener(CheckpointOptions.none()).open(from)) {
      how.accept(new CheckpointConverter(checkpoint, WriteListener.NONE), to);
    }
  }

  private static String answer(Path model, Path image) {
    try (Llava llava = Llava.load(model.toString(), LoadOptions.defaults())) {
      return llava
          .answer(
              llava4j.ChatRequest.of(
                      List.of(Llava.decode(new llava4j.image.ImageSource.OfFile(image))),
                      "What is it?")
                  .withOptions(llava4j.generate.GenerationOptions.greedy().withMaxNewTokens(12)))
          .text();
    }
  }
}
