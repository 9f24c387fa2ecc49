package llava4j.config;

import llava4j.error.BadInputException;

/// Hyperparameters of the CLIP vision tower.
///
/// @param imageSize pixels per side of one view
/// @param patchSize pixels per side of one patch
/// @param dim width of the hidden states
/// @param intermediateDim width inside the feed-forward part
/// @param numLayers number of blocks in the checkpoint, including those that LLaVA never runs
/// @param featureLayer which hidden state the projector gets: 0 is the embeddings after
///   `pre_layrnorm`, k is the output of block k - 1, and negative numbers count from the end (-2:
///   the last block is skipped)
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
    /// the exact form, with erf
    GELU
  }

  /// Which tokens of the selected hidden state are used.
  public enum FeatureSelection {
    /// without the class token
    PATCH,
    /// all tokens
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
              + " does not exist in a vision tower of "
              + numLayers
              + " blocks");
    }
  }

  /// The configuration with another size of views and another number of blocks.
  public VisionConfig withShape(int side, int layers) {
    return new VisionConfig(
        side,
        patchSize,
        dim,
        intermediateDim,
        layers,
        numHeads,
        layerNormEps,
        activation,
        featureLayer,
        featureSelection,
        projectionDim);
  }

  /// Number of patches along one side of a view; remaining pixels are ignored, as in a strided
  /// convolution.
  public int patchesPerSide() {
    return imageSize / patchSize;
  }

  /// Number of patches of one view.
  public int numPatches() {
    return patchesPerSide() * patchesPerSide();
  }

  /// Number of tokens of one view that the projector gets.
  public int rowsPerView() {
    return switch (featureSelection) {
      case PATCH -> numPatches();
      case CLS_PATCH -> numPatches() + 1;
    };
  }

  public int headDim() {
    return dim / numHeads;
  }

  /// Number of blocks to run for the selected hidden state; later blocks are never loaded.
  public int layersToRun() {
    return featureLayer >= 0 ? featureLayer : numLayers + 1 + featureLayer;
  }
}
