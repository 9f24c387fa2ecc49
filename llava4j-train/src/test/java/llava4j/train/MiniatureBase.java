package llava4j.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.convert.CheckpointConverter;
import llava4j.checkpoint.open.CheckpointOpener;
import llava4j.checkpoint.weights.ParameterTable;
import llava4j.checkpoint.weights.TensorInfo;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.checkpoint.weights.WriteListener;
import llava4j.config.LlavaConfig;
import llava4j.config.ProjectorConfig;
import llava4j.config.RopeScaling;
import llava4j.config.TextConfig;
import llava4j.config.VisionConfig;
import llava4j.config.VisionConfig.FeatureSelection;
import llava4j.golden.Golden;
import llava4j.image.ImageMode;
import llava4j.image.ImageProcessorConfig;
import llava4j.image.PatchMerge;
import llava4j.image.Resolution;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.text.tokenizer.SentencePieceModel;
import llava4j.text.tokenizer.SentencePieceTokenizer;
import llava4j.train.config.TrainConfig;
import llava4j.train.distributed.ProcessGroup;
import llava4j.train.model.SeededTensors;
import org.bytedeco.pytorch.Tensor;

/// An untrained LLaVA with about 200,000 parameters, and the samples of the golden files: a run
/// takes a fraction of a second.
public record MiniatureBase(Path folder) {
  static final int POSITIONS = 512;

  private static final int DIM = 64;
  private static final int HEADS = 4;
  private static final int ROWS_MULTIPLE = 64;
  private static final long SEED = 7;
  private static final int BOS = 1;
  private static final int EOS = 2;

  /// Writes a model in the original layout.
  ///
  /// @param folder a new folder
  /// @param tied whether head and embedding share one matrix
  static MiniatureBase write(Path folder, boolean tied) {
    Path fresh = fresh(folder, config(tied));
    Path original = folder.resolve("llava-v1.5-miniature");
    try (Checkpoint checkpoint = new CheckpointOpener(CheckpointOptions.none()).open(fresh)) {
      new CheckpointConverter(checkpoint, WriteListener.NONE).toOriginal(original, DType.F32);
    }
    return new MiniatureBase(original);
  }

  /// Writes a model that splits images into tiles like LLaVA-1.6, in Hugging Face's layout.
  ///
  /// @param folder a new folder
  static MiniatureBase writeWithTiles(Path folder) {
    LlavaConfig plain = config(false);
    int size = plain.vision().imageSize();
    ImageMode tiles =
        new ImageMode.AnyRes(
            List.of(new Resolution(size, 2 * size), new Resolution(2 * size, 2 * size)));
    return new MiniatureBase(
        fresh(
            folder,
            new LlavaConfig(
                plain.vision(),
                plain.projector(),
                plain.text(),
                tiles,
                PatchMerge.SPATIAL_UNPAD,
                POSITIONS)));
  }

  private static Path fresh(Path folder, LlavaConfig config) {
    Path fresh = folder.resolve("fresh");
    SentencePieceModel vocabulary = vocabulary();
    int pieces = vocabulary.pieces().size();
    SentencePieceTokenizer.Settings settings =
        new SentencePieceTokenizer.Settings(
            true,
            BOS,
            EOS,
            OptionalInt.of(pieces + 1),
            new TreeMap<>(Map.of("<image>", pieces, "<pad>", pieces + 1)),
            Map.of(),
            true);
    try (Checkpoint checkpoint =
        new Checkpoint(
            "fresh",
            fresh,
            Checkpoint.Dialect.HUGGING_FACE,
            config,
            ImageProcessorConfig.clip(config.vision().imageSize()),
            RandomWeights.of(config, SEED),
            () -> new SentencePieceTokenizer(vocabulary, settings),
            Set.of(EOS),
            true)) {
      new CheckpointConverter(checkpoint, WriteListener.NONE).toHuggingFace(fresh, DType.F32);
    }
    return fresh;
  }

  /// Matrices by the length of their rows, norms of 1, no biases.
  private record RandomWeights(SequencedMap<String, TensorInfo> tensors, SeededTensors random)
      implements WeightSource {
    static RandomWeights of(LlavaConfig config, long seed) {
      SequencedMap<String, TensorInfo> tensors = new LinkedHashMap<>();
      ParameterTable.of(config)
          .shapes()
          .forEach((name, shape) ->
              tensors.put(
                  name,
                  new TensorInfo(
                      name,
                      DType.F32,
                      "F32",
                      shape,
                      product(shape) * DType.F32.bytes(),
                      Path.of("random"))));
      return new RandomWeights(tensors, new SeededTensors(seed));
    }

    @Override
    public Tensor load(String name) {
      List<Long> shape = tensors.get(name).shape();
      return shape.size() == 1
          ? random.constant(shape, name.endsWith(".weight") ? 1 : 0)
          : random.normal(
              name, shape, 1 / Math.sqrt((double) product(shape.subList(1, shape.size()))));
    }

    private static long product(List<Long> sizes) {
      return sizes.stream().reduce(1L, Math::multiplyExact);
    }

    @Override
    public void close() {}
  }

  private static LlavaConfig config(boolean tied) {
    int pieces = vocabulary().pieces().size();
    int image = 28;
    int patch = 14;
    int dim = DIM / 2;
    VisionConfig vision =
        new VisionConfig(
            image,
            patch,
            dim,
            DIM,
            2,
            2,
            1e-5,
            VisionConfig.Activation.QUICK_GELU,
            -2,
            FeatureSelection.PATCH,
            dim);
    TextConfig text =
        new TextConfig(
            DIM,
            DIM,
            2,
            HEADS,
            HEADS,
            DIM / HEADS,
            Math.ceilDiv(pieces + 2, ROWS_MULTIPLE) * ROWS_MULTIPLE,
            POSITIONS,
            1e-5,
            10000,
            new RopeScaling.None(),
            tied,
            OptionalInt.empty());
    return new LlavaConfig(
        vision, new ProjectorConfig.Mlp(2), text, new ImageMode.Pad(), PatchMerge.FLAT, POSITIONS);
  }

  private static SentencePieceModel vocabulary() {
    Path file = Golden.path("original/tokenizer.model");
    try {
      return SentencePieceModel.parse(Files.readAllBytes(file), file.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Opens the model as `llava train` does. The caller closes it.
  Checkpoint open(TrainConfig config) {
    return baseModel().open(config);
  }

  BaseModel baseModel() {
    return new BaseModel(
        folder.toString(), Optional.empty(), new ProjectorConfig.Mlp(2), CheckpointOptions.none());
  }

  /// Samples for the stage of the run.
  static Path data(TrainConfig config) {
    return Golden.path(
        switch (config.stage()) {
          case TOWER, CONNECTOR -> "training/stage1_data.json";
          case FULL, ADAPTER -> "training/stage2_data.json";
        });
  }

  /// A run with this model and the samples of the run's stage.
  static TrainJob job(TrainConfig config, Checkpoint base, Path out, ProcessGroup group) {
    return new TrainJob(
        config,
        base,
        data(config),
        Golden.path("images"),
        out,
        group,
        new Device.Cpu(),
        Optional.empty(),
        false);
  }
}
