package llava4j.model;

import llava4j.model.linear.BfloatProducts;
import llava4j.quant.BfloatSoftmax;
import llava4j.quant.VectorSupport;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Attention of many tokens in bf16, for models whose prompts are rounded anyway (see
/// `PrefillMode`), on CPUs with bf16 instructions: oneDNN's two products, some tokens at a time,
/// and a softmax in fp32 between them. A third of the time of libtorch's attention in fp32, which
/// multiplies with a general BLAS.
final class BfloatAttention {
  /// With fewer new tokens libtorch's attention is as fast.
  static final long FEWEST_TOKENS = 64;

  /// Tokens whose scores are computed together: the masked half of the last ones is wasted.
  private static final long CHUNK = 128;

  private BfloatAttention() {}

  /// Whether this processor and this JVM have it.
  static boolean isFast() {
    return VectorSupport.isAvailable() && BfloatProducts.areFast();
  }

  /// Causal attention: Softmax(q kᵀ / √headDim) v, each token without the keys behind its own.
  ///
  /// @param query of the last tokens of a sequence, fp32, [1, heads, tokens, headDim]
  /// @param keys of all its tokens, [1, kvHeads, rows, headDim]
  /// @param values as keys
  /// @return fp32, [1, heads, tokens, headDim]
  static Tensor causal(Tensor query, Tensor keys, Tensor values) {
    long heads = query.size(1);
    long tokens = query.size(2);
    long headDim = query.size(3);
    long kvHeads = keys.size(1);
    long group = heads / kvHeads;
    long past = keys.size(2) - tokens;
    try (Scope scope = new Scope()) {
      Tensor output =
          torch.empty(
              new long[] {kvHeads, group, tokens, headDim}, Tensors.options(DType.F32), null);
      Tensor q =
          query
              .to(DType.BF16.scalarType())
              .reshape(kvHeads, group, tokens, headDim); // [kvHeads, group, tokens, headDim]
      Tensor k = narrowed(keys.squeeze(0)); // [kvHeads, rows, headDim]
      Tensor v = narrowed(values.squeeze(0)); // [kvHeads, rows, headDim]
      for (long first = 0; first < tokens; first += CHUNK) {
        try (Scope _ = new Scope()) {
          long count = Math.min(CHUNK, tokens - first);
          Tensor some =
              q.narrow(2, first, count)
                  .reshape(kvHeads, group * count, headDim); // [kvHeads, group * count, headDim]
          long seen = past + first + count;
          Tensor attended =
              attend(
                  some,
                  k.narrow(1, 0, seen),
                  v.narrow(1, 0, seen),
                  count); // [kvHeads, group * count, headDim]
          output
              .narrow(2, first, count)
              .copy_(attended.view(kvHeads, group, count, headDim)); // [kvHeads, group, count, d]
        }
      }
      return scope.keep(output.view(1, heads, tokens, headDim)); // [1, heads, tokens, headDim]
    }
  }

  /// By way of fp32, because libtorch's conversion from F16 to bf16 takes four times as long.
  private static Tensor narrowed(Tensor any) {
    return any.to(DType.F32.scalarType()).to(DType.BF16.scalarType());
  }

  /// Attention of all tokens to all: Softmax(q kᵀ / √headDim) v.
  ///
  /// @param query fp32, [batch, heads, tokens, headDim]
  /// @param key as query
  /// @param value as query
  /// @return fp32, [batch, heads, tokens, headDim]
  static Tensor whole(Tensor query, Tensor key, Tensor value) {
    try (Scope scope = new Scope()) {
      Tensor output = torch.empty_like(query); // [batch, heads, tokens, headDim]
      for (long i = 0; i < query.size(0); i++) { // scores of many views would fill the memory
        try (Scope _ = new Scope()) {
          Tensor attended =
              attend(
                  narrowed(query.select(0, i)),
                  narrowed(key.select(0, i)),
                  narrowed(value.select(0, i)),
                  1); // [heads, tokens, headDim]
          output.select(0, i).copy_(attended);
        }
      }
      return scope.keep(output);
    }
  }

  /// @param query [heads, rows, headDim]; `count` rows follow each other in a sequence, the last of
  ///   which sees all keys
  /// @param key [heads, keys, headDim]
  /// @param value as key
  /// @return [heads, rows, headDim]
  private static Tensor attend(Tensor query, Tensor key, Tensor value, long count) {
    Tensor scores = query.bmm(key.transpose(1, 2)); // [heads, rows, keys]
    BfloatSoftmax.causal(
        new BfloatSoftmax.Rows(
            scores.data_ptr().address(),
            scores.size(0) * scores.size(1),
            Math.toIntExact(key.size(1)),
            Math.toIntExact(count),
            Math.toIntExact(key.size(1) - count + 1)),
        (float) (1 / Math.sqrt((double) query.size(2))));
    return scores.bmm(value); // [heads, rows, headDim]
  }
}
