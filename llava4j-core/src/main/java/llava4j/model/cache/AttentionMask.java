package llava4j.model.cache;

import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// The attention mask of a pass: the keys to which each new token attends.
///
/// @param allowed true = attends to the key, [batch or 1, 1, tokens, keys]; null if no tensor is
///   needed
/// @param causal the causal mask over tokens = keys, which libtorch applies without a tensor
/// @param firstKeys for each row of the batch, the first key that a single new token looks at;
///   empty where sequences are whole
public record AttentionMask(Tensor allowed, boolean causal, int[] firstKeys) {

  /// A mask over whole sequences.
  public AttentionMask(Tensor allowed, boolean causal) {
    this(allowed, causal, new int[0]);
  }

  /// The causal mask for new tokens after the cached ones, without padding. A padding token attends
  /// to itself, so that its (never used) softmax is finite.
  public static AttentionMask of(KvCache cache, long tokens, Device device) {
    int[] firstKeys = cache.firstSlots();
    if (!cache.isPadded()) {
      if (tokens == 1) {
        return new AttentionMask(null, false, firstKeys);
      }
      if (cache.length() == 0) {
        return new AttentionMask(null, true, firstKeys);
      }
    }
    try (Scope scope = new Scope()) {
      Tensor allowed = triangle(cache.length(), tokens); // [1, 1, tokens, keys]
      if (cache.isPadded()) {
        allowed = withoutPadding(allowed, cache, tokens); // [batch, 1, tokens, keys]
      }
      return new AttentionMask(
          scope.keep(allowed.to(device.torchDevice(), DType.BOOL.scalarType())), false, firstKeys);
    }
  }

  private static Tensor triangle(long past, long tokens) {
    long keys = past + tokens;
    return torch
        .ones(new long[] {tokens, keys}, Tensors.options(DType.BOOL))
        .tril(past)
        .view(1, 1, tokens, keys);
  }

  private static Tensor withoutPadding(Tensor triangle, KvCache cache, long tokens) {
    long keys = cache.length() + tokens;
    Tensor allowed =
        triangle.expand(cache.batch(), 1, tokens, keys).contiguous(); // [batch, 1, tokens, keys]
    for (int row = 0; row < cache.batch(); row++) {
      allowed.select(0, row).narrow(2, 0, cache.leftPadding(row)).zero_();
      allowed
          .select(0, row)
          .select(0, 0)
          .diagonal(cache.length(), 0, 1)
          .fill_(new org.bytedeco.pytorch.Scalar(1));
    }
    return allowed;
  }
}
