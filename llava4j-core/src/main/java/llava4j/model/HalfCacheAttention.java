package llava4j.model;

import llava4j.model.DecoderBlock.Projected;
import llava4j.model.cache.AttentionMask;
import llava4j.quant.HalfAttention;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Attention of fp32 queries over keys and values that the cache keeps in F16, on the processor.
final class HalfCacheAttention {
  private HalfCacheAttention() {}

  /// One new token reads the cache as it is. Several read it widened, so that a token's numbers are
  /// the same whether it was computed alone or in a prompt.
  ///
  /// @return [batch, heads, tokens, headDim], fp32
  static Tensor attend(Projected projected, AttentionMask mask) {
    Tensor query = projected.query();
    if (query.size(2) == 1) {
      return oneToken(projected, mask.firstKeys());
    }
    try (Scope scope = new Scope()) {
      Tensor key = projected.key().to(DType.F32.scalarType()); // [batch, kvHeads, keys, headDim]
      Tensor value =
          projected.value().to(DType.F32.scalarType()); // [batch, kvHeads, keys, headDim]
      return scope.keep(Attention.attend(query, key, value, mask.allowed(), mask.causal()));
    }
  }

  private static Tensor oneToken(Projected projected, int[] firstKeys) {
    try (Scope scope = new Scope()) {
      Tensor query = projected.query().contiguous(); // [batch, heads, 1, headDim]
      Tensor key = projected.key(); // [batch, kvHeads, keys, headDim]
      int headDim = Math.toIntExact(key.size(3));
      Tensor output =
          torch.empty(
              Tensors.shape(query),
              Tensors.options(DType.F32),
              new MemoryFormatOptional()); // [batch, heads, 1, headDim]
      HalfAttention.attend(
          query.data_ptr().address(),
          Math.toIntExact(query.size(1)),
          new HalfAttention.Cache(
              key.data_ptr().address(),
              projected.value().data_ptr().address(),
              Math.toIntExact(key.size(0)),
              Math.toIntExact(key.size(1)),
              headDim,
              key.stride(1) / headDim,
              key.size(2)),
          firstKeys,
          output.data_ptr().address());
      return scope.keep(output);
    }
  }
}
