package llava4j.config;

import java.util.OptionalInt;

/// Hyperparameters of a LLaMA-architecture language model.
///
/// @param vocab number of rows of embedding table and output head, including padding rows
/// @param tieEmbeddings whether the output head and the embedding table are the same matrix
/// @param slidingWindow Mistral's attention window in tokens; it has no effect on shorter requests,
///   and longer requests are refused
public record TextConfig(
    int dim,
    int intermediateDim,
    int numLayers,
    int numHeads,
    int numKvHeads,
    int headDim,
    int vocab,
    int maxPositions,
    double rmsNormEps,
    double ropeTheta,
    RopeScaling ropeScaling,
    boolean tieEmbeddings,
    OptionalInt slidingWindow) {

  public TextConfig {
    Checks.positive("hidden_size", dim);
    Checks.positive("intermediate_size", intermediateDim);
    Checks.positive("num_hidden_layers", numLayers);
    Checks.positive("num_attention_heads", numHeads);
    Checks.positive("num_key_value_heads", numKvHeads);
    Checks.positive("head_dim", headDim);
    Checks.positive("vocab_size", vocab);
    Checks.positive("max_position_embeddings", maxPositions);
    slidingWindow.ifPresent(window -> Checks.positive("sliding_window", window));
    Checks.positive("rms_norm_eps", rmsNormEps);
    Checks.positive("rope_theta", ropeTheta);
    Checks.divides("num_key_value_heads", numKvHeads, "num_attention_heads", numHeads);
    Checks.divides("2", 2, "head_dim", headDim);
  }

  /// Maximum number of tokens: the number of positions, or Mistral's window if it is shorter.
  public int contextLength() {
    return Math.min(maxPositions, slidingWindow.orElse(maxPositions));
  }

  /// The configuration with another number of rows in embedding table and output head.
  public TextConfig withVocab(int rows) {
    return new TextConfig(
        dim,
        intermediateDim,
        numLayers,
        numHeads,
        numKvHeads,
        headDim,
        rows,
        maxPositions,
        rmsNormEps,
        ropeTheta,
        ropeScaling,
        tieEmbeddings,
        slidingWindow);
  }

  public TextConfig withNumLayers(int layers) {
    return new TextConfig(
        dim,
        intermediateDim,
        layers,
        numHeads,
        numKvHeads,
        headDim,
        vocab,
        maxPositions,
        rmsNormEps,
        ropeTheta,
        ropeScaling,
        tieEmbeddings,
        slidingWindow);
  }

  public TextConfig withTiedEmbeddings(boolean tied) {
    return new TextConfig(
        dim,
        intermediateDim,
        numLayers,
        numHeads,
        numKvHeads,
        headDim,
        vocab,
        maxPositions,
        rmsNormEps,
        ropeTheta,
        ropeScaling,
        tied,
        slidingWindow);
  }
}
