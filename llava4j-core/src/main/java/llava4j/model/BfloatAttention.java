package llava4j.model;

import llava4j.model.cache.KvPool;
import llava4j.model.linear.BfloatProducts;
import llava4j.quant.BfloatSoftmax;
import llava4j.quant.VectorSupport;
import llava4j.tensor.DType;
import llava4j.tensor.Processor;
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

  /// Whether no attention in fp32 is as fast: on processors that multiply tiles.
  static boolean isFastest() {
    return isFast() && Processor.ofThisMachine().hasByteTiles();
  }

  /// Causal attention: Softmax(q kᵀ / √headDim) v, each token without the keys behind its own.
  ///
  /// @param query of the last tokens of a sequence, fp32, [1, heads, tokens, headDim]
  /// @param keys of all its tokens, as of [#padded], [1, kvHeads, padded, headDim]
  /// @param values as keys
  /// @param rows tokens of the sequence
  /// @return fp32, [1, heads, tokens, headDim]
  static Tensor causal(Tensor query, Tensor keys, Tensor values, long rows) {
    long heads = query.size(1);
    long tokens = query.size(2);
    long headDim = query.size(3);
    long kvHeads = keys.size(1);
    long group = heads / kvHeads;
    long past = rows - tokens;
    try (Scope scope = new Scope()) {
      Tensor output =
          torch
              .empty(new long[] {tokens, kvHeads, group, headDim}, Tensors.options(DType.F32), null)
              .permute(1, 2, 0, 3); // [kvHeads, group, tokens, headDim], tokens together in memory
      Tensor q =
          query
              .to(DType.BF16.scalarType())
              .reshape(kvHeads, group, tokens, headDim); // [kvHeads, group, tokens, headDim]
      Tensor k = keys.squeeze(0); // [kvHeads, padded, headDim]
      Tensor v = values.squeeze(0); // [kvHeads, padded, headDim]
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
                  k.narrow(1, 0, KvPool.wholeBlocks(seen)),
                  v.narrow(1, 0, KvPool.wholeBlocks(seen)),
                  seen,
                  count); // [kvHeads, group * count, headDim]
          output
              .narrow(2, first, count)
              .copy_(attended.view(kvHeads, group, count, headDim)); // [kvHeads, group, count, d]
        }
      }
      return scope.keep(output.reshape(1, heads, tokens, headDim)); // [1, heads, tokens, headDim]
    }
  }

  /// Keys or values in bf16, with zeros behind them up to [KvPool#wholeBlocks]: whole vectors of
  /// scores. By way of fp32, because libtorch's conversion from F16 to bf16 takes four times as
  /// long.
  ///
  /// @param any [..., rows, headDim]
  /// @return [..., padded rows, headDim]
  static Tensor padded(Tensor any) {
    try (Scope scope = new Scope()) {
      long rows = any.size(-2);
      Tensor narrowed = narrowed(any); // [..., rows, headDim]
      return scope.keep(
          KvPool.wholeBlocks(rows) == rows
              ? narrowed
              : torch.constant_pad_nd(
                  narrowed,
                  new long[] {0, 0, 0, KvPool.wholeBlocks(rows) - rows})); // [..., padded, headDim]
    }
  }

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
                  padded(key.select(0, i)),
                  padded(value.select(0, i)),
                  key.size(2),
                  1); // [heads, tokens, headDim]
          output.select(0, i).copy_(attended);
        }
      }
      return scope.keep(output);
    }
  }

  /// @param query [heads, rows, headDim]; `count` rows follow each other in a sequence, the last of
  ///   which sees the first `seen` keys
  /// @param key [heads, padded, headDim]
  /// @param value as key
  /// @return [heads, rows, headDim]
  private static Tensor attend(Tensor query, Tensor key, Tensor value, long seen, long count) {
    Tensor scores = query.bmm(key.transpose(1, 2)); // [heads, rows, padded]
    BfloatSoftmax.causal(
        new BfloatSoftmax.Rows(
            scores.data_ptr().address(),
            scores.size(0) * scores.size(1),
            Math.toIntExact(key.size(1)),
            Math.toIntExact(count),
            Math.toIntExact(seen - count + 1)),
        (float) (1 / Math.sqrt((double) query.size(2))));
    return scores.bmm(value); // [heads, rows, headDim]
  }
}
