package llava4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.convert.CheckpointConverter;
import llava4j.checkpoint.open.CheckpointOpener;
import llava4j.checkpoint.weights.TensorInfo;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.checkpoint.weights.WriteListener;
import llava4j.config.LlavaConfig;
import llava4j.generate.GenerationOptions;
import llava4j.golden.Golden;
import llava4j.image.ImageMode;
import llava4j.image.ImageSource;
import llava4j.image.PatchMerge;
import llava4j.image.Resolution;
import llava4j.image.RgbImage;
import llava4j.tensor.DType;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A LLaVA-1.6 asked about a single view: the same weights as a LLaVA-1.5 say the same, because the
/// learned row end is not looked at.
class ImageModeTest {
  private static final String NEWLINE = "image_newline";

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aModelOfTilesAnswersAboutOneView(boolean huggingFace) {
    Path golden = Golden.path("original");
    Path tiled = folder.resolve("tiled");
    try (Checkpoint checkpoint = tiled(golden)) {
      CheckpointConverter converter = new CheckpointConverter(checkpoint, WriteListener.NONE);
      if (huggingFace) {
        converter.toHuggingFace(tiled, null);
      } else {
        converter.toOriginal(tiled, null);
      }
    }
    for (ImageMode mode : List.of(new ImageMode.Pad(), new ImageMode.Square())) {
      ChatResponse expected = answer(golden, mode);
      ChatResponse found = answer(tiled, mode);
      assertThat(found.text()).isNotEmpty().isEqualTo(expected.text());
      assertThat(found.promptTokens()).isEqualTo(expected.promptTokens());
    }
    try (Llava asItIs = Llava.load(tiled)) {
      assertThat(asItIs.model().config().imageMode()).isInstanceOf(ImageMode.AnyRes.class);
      assertThat(asItIs.model().imageNewline()).isNotNull();
    }
  }

  private static ChatResponse answer(Path model, ImageMode mode) {
    RgbImage image =
        Llava.decode(new ImageSource.OfFile(Golden.path("images/extreme_ironing.jpg")));
    try (Llava llava = Llava.load(model.toString(), LoadOptions.defaults().withImageMode(mode))) {
      ChatResponse response =
          llava.answer(
              ChatRequest.of(List.of(image), "What is it?")
                  .withOptions(GenerationOptions.greedy().withMaxNewTokens(6)));
      assertThat(llava.model().config().imageMode()).isEqualTo(mode);
      return response;
    }
  }

  /// The golden model as if it had been trained on tiles.
  private static Checkpoint tiled(Path golden) {
    Checkpoint plain = new CheckpointOpener(CheckpointOptions.none()).open(golden);
    LlavaConfig config = plain.config();
    int side = config.vision().imageSize();
    List<Resolution> grids =
        List.of(new Resolution(side, 2 * side), new Resolution(2 * side, side));
    return plain
        .withConfig(
            config
                .withImageMode(new ImageMode.AnyRes(grids))
                .withPatchMerge(PatchMerge.SPATIAL_UNPAD))
        .withWeights(new WithNewline(plain.weights(), config.text().dim()));
  }

  private record WithNewline(WeightSource source, int dim) implements WeightSource {
    @Override
    public SequencedMap<String, TensorInfo> tensors() {
      SequencedMap<String, TensorInfo> tensors = new LinkedHashMap<>(source.tensors());
      TensorInfo any = source.tensors().firstEntry().getValue();
      List<Long> shape = List.of((long) dim);
      tensors.put(NEWLINE, new TensorInfo(NEWLINE, DType.F32, "F32", shape, 4L * dim, any.file()));
      return tensors;
    }

    @Override
    public Tensor load(String name) {
      if (!name.equals(NEWLINE)) {
        return source.load(name);
      }
      float[] values = new float[dim];
      Arrays.fill(values, 0.5f);
      return Tensors.ofFloats(values, dim);
    }

    @Override
    public void close() {
      source.close();
    }
  }
}
