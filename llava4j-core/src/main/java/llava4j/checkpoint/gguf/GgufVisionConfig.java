package llava4j.checkpoint.gguf;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import llava4j.error.BadInputException;

/// The configuration of the vision tower and the projector in an mmproj file.
///
/// @param blockCount number of blocks to run: all blocks in the file, because the converter leaves
///   out the blocks after the used hidden state; or fewer if `clip.vision.feature_layer` says so
/// @param imageMean of red, green and blue in 0..1
/// @param projectorType `mlp`, or `linear` for a file with one projector layer
/// @param mergeType `flat`, or `spatial` and `spatial_unpad` for high resolution grids
/// @param gridPinpoints width and height in pixels of each grid of tiles; may be empty
public record GgufVisionConfig(
    int imageSize,
    int patchSize,
    int embeddingLength,
    int feedForwardLength,
    int blockCount,
    int headCount,
    int projectionDim,
    double layerNormEpsilon,
    List<Double> imageMean,
    List<Double> imageStd,
    Activation activation,
    String projectorType,
    String mergeType,
    List<GridSize> gridPinpoints) {
  /// The architecture that llama.cpp gives to these files.
  public static final String ARCHITECTURE = "clip";

  /// The key of the hidden state that the projector uses.
  static final String FEATURE_LAYER = "clip.vision.feature_layer";

  private static final Set<String> PROJECTORS = Set.of("mlp", "linear");

  /// Width and height in pixels.
  public record GridSize(int width, int height) {}

  /// The activation between the two layers of a feed-forward block of the vision tower.
  public enum Activation {
    QUICK_GELU,
    GELU,
    SILU
  }

  public GgufVisionConfig {
    imageMean = List.copyOf(imageMean);
    imageStd = List.copyOf(imageStd);
    gridPinpoints = List.copyOf(gridPinpoints);
    requirePositive("image_size", imageSize);
    requirePositive("patch_size", patchSize);
    requirePositive("embedding_length", embeddingLength);
    requirePositive("feed_forward_length", feedForwardLength);
    requirePositive("block_count", blockCount);
    requirePositive("attention.head_count", headCount);
    requirePositive("attention.layer_norm_epsilon", layerNormEpsilon);
    if (imageSize % patchSize != 0 || embeddingLength % headCount != 0) {
      throw new BadInputException(
          "clip.vision: image size %d must be a multiple of patch size %d, embedding length %d of %d heads"
              .formatted(imageSize, patchSize, embeddingLength, headCount));
    }
    if (imageMean.size() != 3 || imageStd.size() != 3 || imageStd.contains(0.0)) {
      throw new BadInputException(
          "clip.vision: image_mean "
              + imageMean
              + " and image_std "
              + imageStd
              + " must have three values each, and image_std must not contain 0");
    }
    if (!PROJECTORS.contains(projectorType)) {
      throw new BadInputException(
          "clip.projector_type '" + projectorType + "' is not supported; 'mlp' and 'linear' are");
    }
  }

  /// Reads the keys `clip.*`; fails for any other architecture.
  public static GgufVisionConfig read(GgufFile file) {
    GgufTextConfig.requireArchitecture(
        file, ARCHITECTURE, "a vision tower with projector (mmproj)");
    GgufMetadata metadata = file.metadata();
    if (!metadata.findFlag("clip.has_vision_encoder").orElse(true)) {
      throw new BadInputException(
          file.path()
              + " says that it has no vision encoder; use the mmproj file of a LLaVA model");
    }
    return metadata.read(() ->
        new GgufVisionConfig(
            metadata.count("clip.vision.image_size"),
            metadata.count("clip.vision.patch_size"),
            metadata.count("clip.vision.embedding_length"),
            metadata.count("clip.vision.feed_forward_length"),
            blocksToRun(metadata),
            metadata.count("clip.vision.attention.head_count"),
            (int) metadata.findWhole("clip.vision.projection_dim").orElse(0),
            metadata.real("clip.vision.attention.layer_norm_epsilon"),
            colours(metadata, "clip.vision.image_mean"),
            colours(metadata, "clip.vision.image_std"),
            activation(metadata),
            projectorType(file),
            metadata.findText("clip.vision.mm_patch_merge_type").orElse("flat"),
            gridPinpoints(file)));
  }

  /// llama.cpp runs all blocks except the last, unless `clip.vision.feature_layer` is n: then it
  /// uses the output of n blocks. We run all blocks, or n blocks if there is such a key.
  private static int blocksToRun(GgufMetadata metadata) {
    int blocks = metadata.count("clip.vision.block_count");
    List<Long> layers = metadata.findWholes(FEATURE_LAYER).orElse(List.of());
    if (layers.isEmpty()) {
      return blocks;
    }
    if (layers.size() > 1 || layers.getFirst() < 1 || layers.getFirst() > blocks) {
      throw new BadInputException(
          FEATURE_LAYER
              + " is "
              + layers
              + ", but it must be between 1 and "
              + blocks
              + "; use the mmproj file of a LLaVA model");
    }
    return layers.getFirst().intValue();
  }

  private static List<Double> colours(GgufMetadata metadata, String key) {
    return metadata.findReals(key).orElseThrow(() -> metadata.missing(key));
  }

  private static Activation activation(GgufMetadata metadata) {
    if (metadata.findFlag("clip.use_silu").orElse(false)) {
      return Activation.SILU;
    }
    return metadata.findFlag("clip.use_gelu").orElse(false)
        ? Activation.GELU
        : Activation.QUICK_GELU;
  }

  private static String projectorType(GgufFile file) {
    GgufMetadata metadata = file.metadata();
    String type =
        metadata
            .findText("clip.projector_type")
            .or(() -> metadata.findText("clip.vision.projector_type"))
            .orElse("mlp");
    boolean oneLayer = type.equals("mlp") && !file.tensors().containsKey("mm.2.weight");
    return oneLayer ? "linear" : type.toLowerCase(Locale.ROOT);
  }

  private static List<GridSize> gridPinpoints(GgufFile file) {
    List<Long> flat =
        file.metadata().findWholes("clip.vision.image_grid_pinpoints").orElse(List.of());
    if (flat.size() % 2 != 0 || flat.stream().anyMatch(side -> side < 1 || side > 1 << 20)) {
      throw new BadInputException(
          file.path()
              + ": clip.vision.image_grid_pinpoints "
              + flat
              + " is not a list of pairs of sizes");
    }
    List<GridSize> sizes = new ArrayList<>();
    for (int i = 0; i < flat.size(); i += 2) {
      sizes.add(new GridSize(flat.get(i).intValue(), flat.get(i + 1).intValue()));
    }
    return sizes;
  }

  private static void requirePositive(String key, double value) {
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new BadInputException("clip.vision." + key + " must be positive, not " + value);
    }
  }
}
