package llava4j.model;

import llava4j.config.TextConfig;
import llava4j.model.RotaryEmbedding.Angles;
import llava4j.model.cache.AttentionMask;
import llava4j.model.cache.KvCache.KeysAndValues;
import org.bytedeco.pytorch.Tensor;

/// The values that all blocks of one pass share.
public final class DecoderPass {
  private final Angles angles;
  private final AttentionMask mask;
  private final KeyValues keyValues;

  DecoderPass(Angles angles, AttentionMask mask, KeyValues keyValues) {
    this.angles = angles;
    this.mask = mask;
    this.keyValues = keyValues;
  }

  /// Adds a block's new keys and values to the earlier ones.
  @FunctionalInterface
  interface KeyValues {
    KeysAndValues append(int layer, Tensor keys, Tensor values);
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
        new AttentionMask(allowedOrNull, allowedOrNull == null),
        (_, keys, values) -> new KeysAndValues(keys, values));
  }

  Angles angles() {
    return angles;
  }

  AttentionMask mask() {
    return mask;
  }

  KeyValues keyValues() {
    return keyValues;
  }
}
