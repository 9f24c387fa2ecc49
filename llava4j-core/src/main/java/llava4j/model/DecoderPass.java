package llava4j.model;

import llava4j.config.TextConfig;
import llava4j.model.DecoderBlock.Projected;
import llava4j.model.RotaryEmbedding.Angles;
import org.bytedeco.pytorch.Tensor;

/// The values that all blocks of one pass share: the positions of its tokens, and what they attend
/// to.
public final class DecoderPass {
  private final Angles angles;
  private final Attending attending;
  private final RowOps rowOps;

  DecoderPass(Angles angles, Attending attending, RowOps rowOps) {
    this.angles = angles;
    this.attending = attending;
    this.rowOps = rowOps;
  }

  /// The attention of a pass.
  @FunctionalInterface
  interface Attending {
    /// @param projected of the pass's tokens
    /// @return [batch, heads, tokens, headDim]
    Tensor attend(int layer, Projected projected);
  }

  /// A pass over whole sequences without a KV cache, for training. Padding is on the right, where
  /// no earlier token attends to it.
  ///
  /// @param positions row-major [batch, tokens]
  /// @param allowedOrNull true = attends to the key, [batch, 1, tokens, tokens]; null for the
  ///   causal mask
  /// @param like a tensor with the type and device of the activations
  public static DecoderPass whole(
      TextConfig config,
      long[] positions,
      long batch,
      long tokens,
      Tensor allowedOrNull,
      Tensor like) {
    return new DecoderPass(
        new RotaryEmbedding(config).angles(positions, batch, tokens, like),
        (_, projected) ->
            Attention.attend(
                projected.query(),
                projected.key(),
                projected.value(),
                allowedOrNull,
                allowedOrNull == null),
        new RowOps.Operators());
  }

  Angles angles() {
    return angles;
  }

  RowOps rowOps() {
    return rowOps;
  }

  Tensor attend(int layer, Projected projected) {
    return attending.attend(layer, projected);
  }
}
