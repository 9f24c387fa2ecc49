package llava4j.checkpoint.gguf;

import llava4j.tensor.Scope;
import org.bytedeco.pytorch.Tensor;

/// llama.cpp turns neighbouring dimensions of a head, Hugging Face the two halves; so its converter
/// reorders the rows of the query and key matrices.
final class RopeLayout {
  private RopeLayout() {}

  /// Hugging Face's order to llama.cpp's. [heads * headDim, in] -> the same shape
  static Tensor interleave(Tensor weight, long heads) {
    return swap(weight, heads, 2, weight.size(0) / heads / 2);
  }

  /// llama.cpp's order to Hugging Face's. [heads * headDim, in] -> the same shape
  static Tensor split(Tensor weight, long heads) {
    return swap(weight, heads, weight.size(0) / heads / 2, 2);
  }

  private static Tensor swap(Tensor weight, long heads, long outer, long inner) {
    try (Scope scope = new Scope()) {
      Tensor parts =
          weight.reshape(heads, outer, inner, weight.size(1)); // [heads, outer, inner, in]
      return scope.keep(parts.transpose(1, 2).contiguous().view(weight.size(0), weight.size(1)));
    }
  }
}
