package llava4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.stream.Stream;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.open.CheckpointOpener;
import llava4j.checkpoint.weights.TensorInfo;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.config.LlavaConfig;
import llava4j.golden.Golden;
import llava4j.image.HighDefinition;
import llava4j.image.ImageMode;
import llava4j.image.PatchMerge;
import llava4j.image.PixelValues;
import llava4j.image.Preprocessor;
import llava4j.image.Resolution;
import llava4j.image.RgbImage;
import llava4j.image.decode.DecodeOptions;
import llava4j.image.decode.ImageDecoder;
import llava4j.model.load.LoadProgress;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.tensor.WeightFormat;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Images of several views, through the tower, in the order that LLaVA-1.6 and LLaVA-1.5-HD give
/// them.
class TiledImageTest {
  private static final float NEWLINE = 0.25f;

  static Stream<ImageMode> modes() {
    List<Resolution> pinpoints = new ArrayList<>();
    Golden.json("preprocess/anyres.json")
        .get("pinpoints")
        .forEach(pair -> pinpoints.add(new Resolution(pair.get(0).asInt(), pair.get(1).asInt())));
    int tile = pinpoints.getFirst().width();
    return Stream.of(new ImageMode.AnyRes(pinpoints), new ImageMode.Hd(HighDefinition.paper(tile)));
  }

  @ParameterizedTest
  @MethodSource("modes")
  void tilesNewlinesAndTheWholeViewStandInOrder(ImageMode mode) throws Exception {
    try (Checkpoint checkpoint =
        new CheckpointOpener(CheckpointOptions.none()).open(Golden.path("original"))) {
      LlavaConfig plain = checkpoint.config();
      LlavaConfig config =
          new LlavaConfig(
              plain.vision(),
              plain.projector(),
              plain.text(),
              mode,
              PatchMerge.SPATIAL_UNPAD,
              plain.contextLength());
      byte[] file = java.nio.file.Files.readAllBytes(Golden.path("images/shapes_rgb.png"));
      RgbImage image =
          ImageDecoder.decode(file, "shapes_rgb.png", DecodeOptions.reference()).image();
      PixelValues pixels = new Preprocessor(checkpoint.imageProcessor(), mode).process(image);
      try (LlavaModel model =
              LlavaModel.load(
                  config,
                  new WithNewline(checkpoint.inferenceWeights(), config.text().dim()),
                  "tiled",
                  new Device.Cpu(),
                  WeightFormat.FP32,
                  LoadProgress.NONE);
          Scope _ = new Scope()) {
        ImageEncoder encoder = new ImageEncoder(model);
        ImageRows rows = encoder.encode(pixels, "key");
        assertThat(pixels.views()).isGreaterThan(2);
        assertThat(rows.numRows()).isEqualTo(encoder.numRows(pixels.grid()));
        checkRows(model, pixels, rows);
      }
    }
  }

  private static void checkRows(LlavaModel model, PixelValues pixels, ImageRows rows) {
    int size = pixels.size();
    int dim = model.config().text().dim();
    int patches = model.config().vision().numPatches();
    float[] all = Tensors.toFloats(rows.rows());
    float[] base = Arrays.copyOf(pixels.data(), 3 * size * size);
    Tensor first = model.encode(Tensors.ofFloats(base, 1, 3, size, size)); // [1, patches, dim]
    assertThat(all).startsWith(Tensors.toFloats(first));
    int newlines = 0;
    for (int row = patches; row < rows.numRows(); row++) {
      boolean newline = true;
      for (int i = 0; i < dim; i++) {
        newline &= all[row * dim + i] == NEWLINE;
      }
      newlines += newline ? 1 : 0;
    }
    int perRow = (rows.numRows() - patches) / newlines;
    assertThat(newlines).isGreaterThan(0);
    assertThat(perRow * newlines)
        .as("rows of equal length, each with its end")
        .isEqualTo(rows.numRows() - patches);
  }

  /// The golden weights with a row-end vector of a known value.
  private record WithNewline(WeightSource source, int dim) implements WeightSource {
    @Override
    public SequencedMap<String, TensorInfo> tensors() {
      SequencedMap<String, TensorInfo> tensors = new LinkedHashMap<>(source.tensors());
      TensorInfo any = source.tensors().firstEntry().getValue();
      tensors.put(
          "image_newline",
          new TensorInfo(
              "image_newline", DType.F32, "F32", List.of((long) dim), 4L * dim, any.file()));
      return tensors;
    }

    @Override
    public Tensor load(String name) {
      if (!name.equals("image_newline")) {
        return source.load(name);
      }
      float[] values = new float[dim];
      Arrays.fill(values, NEWLINE);
      return Tensors.ofFloats(values, dim);
    }

    @Override
    public void close() {
      source.close();
    }
  }
}
