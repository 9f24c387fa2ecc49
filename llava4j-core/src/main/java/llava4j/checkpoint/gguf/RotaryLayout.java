package llava4j.checkpoint.gguf;

import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/// The order of the rows of query and key projections.
///
/// Like Hugging Face, we rotate row i of a head together with row i + headDim/2. llama.cpp rotates
/// the neighbours 2i and 2i + 1, so its converter reorders the rows.
public final class RotaryLayout {
  private RotaryLayout() {}

  /// Converts from our order to llama.cpp's.
  ///
  /// @param weight [heads * headDim, inputs] or a bias [heads * headDim]
  /// @param heads query heads for a query projection, key-value heads for a key projection
  public static Tensor permute(Tensor weight, int heads) {
    return swap(weight, heads, 2, halfDim(weight, heads));
  }

  /// Converts from llama.cpp's order to ours; the inverse of [#permute].
  public static Tensor unpermute(Tensor weight, int heads) {
    return swap(weight, heads, halfDim(weight, heads), 2);
  }

  /// The position in llama.cpp's order of row `row` in our order.
  ///
  /// @param rows number of rows of the whole matrix
  static long storedRow(long row, long rows, int heads) {
    long headDim = rows / heads;
    long within = row % headDim;
    long half = headDim / 2;
    return row - within + within % half * 2 + within / half;
  }

  private static long halfDim(Tensor weight, int heads) {
    long rows = weight.size(0);
    if (rows % (2L * heads) != 0) {
      throw new IllegalArgumentException(
          rows + " rows cannot be split into " + heads + " heads of even size");
    }
    return rows / heads / 2;
  }

  private static Tensor swap(Tensor weight, int heads, long outer, long inner) {
    try (Scope scope = new Scope()) {
      long[] shape = Tensors.shape(weight);
      Tensor split = weight.reshape(heads, outer, inner, -1); // [heads, outer, inner, inputs]
      Tensor swapped = split.transpose(1, 2).contiguous(); // [heads, inner, outer, inputs]
      return scope.keep(swapped.reshape(shape));
    }
  }
}
