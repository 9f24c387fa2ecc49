package llava4j.model;

import static llava4j.tensor.Tensors.optional;

import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Scaled dot-product attention over heads, fused by libtorch.
final class Attention {
  /// The score of a masked key.
  private static final double HIDDEN = -1e30;

  private Attention() {}

  /// [batch, tokens, heads * headDim] -> [batch, heads, tokens, headDim], contiguous: this halves
  /// the time of libtorch's attention.
  static Tensor splitHeads(Tensor hidden, long numHeads) {
    return hidden
        .view(hidden.size(0), hidden.size(1), numHeads, hidden.size(2) / numHeads)
        .transpose(1, 2)
        .contiguous();
  }

  /// [batch, heads, tokens, headDim] -> [batch, tokens, heads * headDim]
  static Tensor joinHeads(Tensor heads) {
    return heads
        .transpose(1, 2)
        .reshape(heads.size(0), heads.size(2), heads.size(1) * heads.size(3));
  }

  /// Softmax(q kᵀ / √headDim) v.
  ///
  /// @param query [batch, heads, tokens, headDim]
  /// @param key [batch, kvHeads, keys, headDim]
  /// @param value as key
  /// @param mask true = attends to the key, [batch or 1, 1, tokens, keys]; null for no mask
  /// @param causal causal mask: token t attends to keys 0..t; requires tokens = keys and no mask
  /// @return [batch, heads, tokens, headDim]
  static Tensor attend(Tensor query, Tensor key, Tensor value, Tensor mask, boolean causal) {
    long heads = query.size(1);
    long kvHeads = key.size(1);
    if (heads == kvHeads) {
      return scaledDotProduct(query, key, value, mask, causal);
    }
    long group = heads / kvHeads;
    if (query.size(2) == 1 && mask == null) {
      // One token attends to all keys: the heads of a group are rows of a query, without copies.
      Tensor grouped =
          query.reshape(
              query.size(0), kvHeads, group, query.size(3)); // [batch, kvHeads, group, headDim]
      Tensor attended =
          scaledDotProduct(grouped, key, value, null, false); // [batch, kvHeads, group, headDim]
      return attended.reshape(query.size(0), heads, 1, query.size(3)); // [batch, heads, 1, headDim]
    }
    return scaledDotProduct(
        query,
        repeatHeads(key, group),
        repeatHeads(value, group),
        mask,
        causal); // [batch, heads, tokens, headDim]
  }

  private static Tensor scaledDotProduct(
      Tensor query, Tensor key, Tensor value, Tensor mask, boolean causal) {
    if (Tensors.type(query) == DType.BF16 && query.is_cpu() && query.size(2) > 1) {
      return products(query, key, value, mask, causal);
    }
    return torch.scaled_dot_product_attention(
        query,
        key,
        value,
        optional(mask),
        0.0,
        causal,
        new org.bytedeco.pytorch.DoubleOptional(),
        false);
  }

  /// Attention with two matrix products: without MKL, libtorch's fused attention is not vectorised
  /// for bfloat16 on a CPU.
  private static Tensor products(
      Tensor query, Tensor key, Tensor value, Tensor mask, boolean causal) {
    try (Scope scope = new Scope()) {
      Scalar scale = new Scalar(1 / Math.sqrt((double) query.size(3)));
      Tensor scores = query.mul(scale).matmul(key.transpose(2, 3)); // [batch, heads, tokens, keys]
      if (mask != null) {
        scores.add_(mask.logical_not().to(scores.dtype()).mul_(new Scalar(HIDDEN)));
      }
      if (causal) {
        Tensor head = scores.detach().narrow(0, 0, 1).narrow(1, 0, 1); // [1, 1, tokens, keys]
        scores.add_(torch.full_like(head, new Scalar(HIDDEN)).triu_(1)); // later keys
      }
      return scope.keep(scores.softmax(-1).matmul(value)); // [batch, heads, tokens, headDim]
    }
  }

  private static Tensor repeatHeads(Tensor heads, long times) {
    long[] wide = {heads.size(0), heads.size(1), times, heads.size(2), heads.size(3)};
    return heads.unsqueeze(2).expand(wide).reshape(wide[0], wide[1] * times, wide[3], wide[4]);
  }
}
