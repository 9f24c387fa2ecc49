package llava4j.config;

import llava4j.error.BadInputException;

/// Hyperparameters of the CLIP vision tower.
///
/// @param imageSize pixels per side of one view
/// @param patchSize pixels per side of one patch
/// @param dim width of the hidden states
/// @param intermediateDim width inside the feed-forward part
/// @param numLayers blocks in the checkpoint, also those that LLaVA never runs
/// @param featureLayer which hidden state feeds the connector: 0 is the embeddings after
///   `pre_layrnorm`, k the output of block k - 1, and negative numbers count from the end (-2: the
///   last block is skipped)
public record VisionConfig(
    int imageSize,
    int patchSize,
    int dim,
    int intermediateDim,
    int numLayers,
    int numHeads,
    double layerNormEps,
    Activation activation,
    int featureLayer,
    FeatureSelection featureSelection,
    int projectionDim) {

  /// The nonlinearity between the two feed-forward matrices.
  public enum Activation {
    /// x * sigmoid(1.702 x)
    QUICK_GELU,
    /// the exact form with erf
    GELU
  }

  /// Which rows of the chosen hidden state go on.
  public enum FeatureSelection {
    /// without the class row
    PATCH,
    /// all rows
    CLS_PATCH
  }

  public VisionConfig {
    Checks.positive("vision image_size", imageSize);
    Checks.positive("vision patch_size", patchSize);
    Checks.positive("vision hidden_size", dim);
    Checks.positive("vision intermediate_size", intermediateDim);
    Checks.positive("vision num_hidden_layers", numLayers);
    Checks.positive("vision num_attention_heads", numHeads);
    Checks.positive("vision layer_norm_eps", layerNormEps);
    Checks.positive("vision projection_dim", projectionDim);
    Checks.divides("vision num_attention_heads", numHeads, "vision hidden_size", dim);
    if (patchSize > imageSize) {
      throw new BadInputException(
          "config: vision patch_size ("
              + patchSize
              + ") is larger than image_size ("
              + imageSize
              + ")");
    }
    if (featureLayer > numLayers || featureLayer < -numLayers - 1) {
      throw new BadInputException(
          "config: vision feature layer "
              + featureLayer
              + " does not exist in a tower of "
              + numLayers
              + " blocks");
    }
  }

  /// Patches along one side of a view; a remainder of pixels is not seen, as in a strided
  /// convolution.
  public int patchesPerSide() {
    return imageSize / patchSize;
  }

  /// Patches of one view.
  public int numPatches() {
    return patchesPerSide() * patchesPerSide();
  }

  /// Rows of one view that the connector sees.
  public int rowsPerView() {
    return switch (featureSelection) {
      case PATCH -> numPatches();
      case CLS_PATCH -> numPatches() + 1;
    };
  }

  public int headDim() {
    return dim / numHeads;
  }

  /// Blocks that must run to get the chosen hidden state; the rest are never loaded.
  public int layersToRun() {
    return featureLayer >= 0 ? featureLayer : numLayers + 1 + featureLayer;
  }
}
