package llava4j.checkpoint;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import llava4j.checkpoint.gguf.GgufTextConfig;
import llava4j.checkpoint.gguf.GgufVisionConfig;
import llava4j.checkpoint.gguf.GgufVisionConfig.GridSize;
import llava4j.checkpoint.gguf.GgufVocabulary;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.config.LlavaConfig;
import llava4j.config.ProjectorConfig;
import llava4j.config.RopeScaling;
import llava4j.config.TextConfig;
import llava4j.config.VisionConfig;
import llava4j.config.VisionConfig.Activation;
import llava4j.config.VisionConfig.FeatureSelection;
import llava4j.error.BadInputException;
import llava4j.image.ChannelValues;
import llava4j.image.ImageMode;
import llava4j.image.ImageProcessorConfig;
import llava4j.image.PatchMerge;
import llava4j.image.Resolution;
import llava4j.text.tokenizer.GgufBytePairs;
import llava4j.text.tokenizer.GgufSentencePieces;
import llava4j.text.tokenizer.SentencePieceModel.Piece;
import llava4j.text.tokenizer.SentencePieceModel.PieceType;
import llava4j.text.tokenizer.SentencePieceTokenizer;
import llava4j.text.tokenizer.Tokenizer;

/// Converts between the hyperparameters of GGUF files and ours.
public final class GgufConfigs {
  private GgufConfigs() {}

  /// Our configuration. The vision tower in the file ends with the block whose output is used.
  public static LlavaConfig llava(
      GgufTextConfig text, GgufVisionConfig vision, WeightSource weights, boolean tied) {
    List<Resolution> pinpoints =
        vision.gridPinpoints().stream()
            .map(grid -> new Resolution(grid.width(), grid.height()))
            .toList();
    PatchMerge merge = PatchMerge.of(vision.mergeType());
    boolean tiled = merge != PatchMerge.FLAT && !pinpoints.isEmpty();
    TextConfig textConfig = text(text).withTiedEmbeddings(tied);
    return new LlavaConfig(
        vision(vision),
        projector(vision, weights),
        textConfig,
        tiled ? new ImageMode.AnyRes(pinpoints) : new ImageMode.Pad(),
        tiled ? merge : PatchMerge.FLAT,
        textConfig.contextLength());
  }

  public static ImageProcessorConfig processor(GgufVisionConfig vision) {
    ImageProcessorConfig clip = ImageProcessorConfig.clip(vision.imageSize());
    return new ImageProcessorConfig(
        clip.size(),
        clip.resizeRule(),
        clip.cropSize(),
        channels(vision.imageMean()),
        channels(vision.imageStd()),
        clip.rescaleFactor(),
        true,
        true,
        true,
        true);
  }

  public static Tokenizer tokenizer(GgufVocabulary vocabulary, Path file) {
    List<Integer> types =
        vocabulary.types().isEmpty()
            ? Collections.nCopies(vocabulary.tokens().size(), PieceType.NORMAL.number())
            : vocabulary.types();
    if (vocabulary.model().equals(GgufVocabulary.BYTE_PAIRS)) {
      return new GgufBytePairs(
              file.toString(),
              vocabulary.pre(),
              vocabulary.tokens(),
              types,
              vocabulary.merges(),
              vocabulary.bosId(),
              vocabulary.eosId(),
              vocabulary.paddingId(),
              vocabulary.addBos())
          .tokenizer();
    }
    return new GgufSentencePieces(
            file.toString(),
            vocabulary.model(),
            vocabulary.tokens(),
            vocabulary.scores(),
            types,
            vocabulary.bosId().orElse(1),
            vocabulary.eosId().orElse(2),
            vocabulary.paddingId(),
            vocabulary.addSpacePrefix(),
            vocabulary.addBos())
        .tokenizer();
  }

  /// The GGUF record of a language model with this number of tokens.
  public static GgufTextConfig ofText(TextConfig text, int vocabulary) {
    OptionalDouble linear =
        switch (text.ropeScaling()) {
          case RopeScaling.None _ -> OptionalDouble.empty();
          case RopeScaling.Linear scaling -> OptionalDouble.of(scaling.factor());
          case RopeScaling.Llama3 _ ->
              throw new BadInputException(
                  "rope scaling llama3 cannot be written as GGUF; write hf instead");
        };
    return new GgufTextConfig(
        text.contextLength(), // GGUF's LLaMA has no window
        text.dim(),
        text.numLayers(),
        text.intermediateDim(),
        text.numHeads(),
        text.numKvHeads(),
        text.headDim(),
        text.rmsNormEps(),
        text.ropeTheta(),
        linear,
        vocabulary);
  }

  /// The GGUF record of the vision tower and the projector, with only the blocks that are run.
  public static GgufVisionConfig ofVision(LlavaConfig config, ImageProcessorConfig processor) {
    VisionConfig vision = config.vision();
    if (vision.featureSelection() != FeatureSelection.PATCH) {
      throw new BadInputException(
          "a vision tower that keeps the class token cannot be written as GGUF; write hf instead");
    }
    if (!(config.projector() instanceof ProjectorConfig.Mlp)) {
      throw new BadInputException(
          "a "
              + config.projector()
              + " projector cannot be written as GGUF, which supports only MLPs; write original instead");
    }
    List<GridSize> grids =
        config.imageMode() instanceof ImageMode.AnyRes anyRes
            ? anyRes.pinpoints().stream()
                .map(grid -> new GridSize(grid.width(), grid.height()))
                .toList()
            : List.of();
    return new GgufVisionConfig(
        vision.imageSize(),
        vision.patchSize(),
        vision.dim(),
        vision.intermediateDim(),
        vision.layersToRun(),
        vision.numHeads(),
        vision.projectionDim(),
        vision.layerNormEps(),
        channels(processor.mean()),
        channels(processor.std()),
        switch (vision.activation()) {
          case QUICK_GELU -> GgufVisionConfig.Activation.QUICK_GELU;
          case GELU -> GgufVisionConfig.Activation.GELU;
        },
        "mlp",
        config.patchMerge().key(),
        grids);
  }

  /// The vocabulary of a SentencePiece tokenizer, filled up to `rows` as llama.cpp's converter
  /// does: added tokens at their ids, unused ones for rows that only pad the embedding.
  public static GgufVocabulary ofTokenizer(
      SentencePieceTokenizer tokenizer,
      OptionalInt padId,
      int rows,
      boolean addBos,
      String template) {
    List<Piece> pieces = new ArrayList<>(tokenizer.model().pieces());
    for (int id = pieces.size(); id < rows; id++) {
      pieces.add(new Piece("[PAD" + id + "]", -1000, PieceType.UNUSED));
    }
    tokenizer
        .settings()
        .added()
        .forEach((token, id) -> {
          if (id < rows && pieces.get(id).type() == PieceType.UNUSED && !token.startsWith("[PAD")) {
            pieces.set(id, new Piece(token, -1000, PieceType.USER_DEFINED));
          }
        });
    List<Piece> kept = pieces.subList(0, Math.min(rows, pieces.size()));
    return new GgufVocabulary(
        GgufVocabulary.SENTENCE_PIECE,
        Optional.of("default"),
        kept.stream().map(Piece::text).toList(),
        kept.stream().map(Piece::score).toList(),
        kept.stream().map(piece -> piece.type().number()).toList(),
        List.of(),
        OptionalInt.of(tokenizer.bosId()),
        OptionalInt.of(tokenizer.eosId()),
        OptionalInt.of(tokenizer.unkId()),
        padId,
        addBos,
        false,
        tokenizer.model().addDummyPrefix(),
        Optional.of(template));
  }

  private static TextConfig text(GgufTextConfig text) {
    return new TextConfig(
        text.embeddingLength(),
        text.feedForwardLength(),
        text.blockCount(),
        text.headCount(),
        text.headCountKv(),
        text.headDim(),
        text.vocabSize(),
        text.contextLength(),
        text.rmsNormEpsilon(),
        text.ropeFrequencyBase(),
        text.ropeLinearFactor().isPresent()
            ? new RopeScaling.Linear(text.ropeLinearFactor().getAsDouble())
            : new RopeScaling.None(),
        false,
        OptionalInt.empty());
  }

  private static VisionConfig vision(GgufVisionConfig vision) {
    Activation activation =
        switch (vision.activation()) {
          case QUICK_GELU -> Activation.QUICK_GELU;
          case GELU -> Activation.GELU;
          case SILU ->
              throw new BadInputException(
                  "a vision tower with SiLU is not supported; LLaVA uses CLIP's quick GELU");
        };
    return new VisionConfig(
        vision.imageSize(),
        vision.patchSize(),
        vision.embeddingLength(),
        vision.feedForwardLength(),
        vision.blockCount(),
        vision.headCount(),
        vision.layerNormEpsilon(),
        activation,
        -1,
        FeatureSelection.PATCH,
        vision.projectionDim());
  }

  private static ProjectorConfig projector(GgufVisionConfig vision, WeightSource weights) {
    long linears =
        weights.tensors().keySet().stream()
            .filter(name -> name.matches("projector\\.\\d+\\.weight"))
            .count();
    return vision.projectorType().equals("linear")
        ? new ProjectorConfig.Linear()
        : new ProjectorConfig.Mlp((int) Math.max(1, linears));
  }

  /// The values are stored as floats; the intended value is the shortest decimal that rounds to the
  /// float.
  private static ChannelValues channels(List<Double> values) {
    return new ChannelValues(
        decimal(values.get(0)), decimal(values.get(1)), decimal(values.get(2)));
  }

  private static List<Double> channels(ChannelValues values) {
    return List.of(values.red(), values.green(), values.blue());
  }

  private static double decimal(double value) {
    return Double.parseDouble(Float.toString((float) value));
  }
}
