package llava4j.model.linear;

import org.bytedeco.pytorch.Tensor;

/// Where the parts of a model get their weights from, under our names (see `ParameterTable`):
/// inference loads them from a checkpoint, training hands out what it learns.
///
/// Tensors are borrowed; whoever implements this owns them.
public interface Parameters {

  boolean has(String name);

  /// A tensor in the type of activations.
  Tensor dense(String name);

  /// The embedding table. [vocab, dim]
  Tensor table(String name);

  /// A linear layer of the language model.
  ///
  /// @param prefix of its tensors, such as `language_model.layers.0.mlp.up_proj`
  Linear linear(String prefix);

  /// A linear layer over a matrix that this object handed out, as the head over a tied embedding.
  Linear linear(Tensor weight, Tensor biasOrNull);

  /// A linear layer whose weight has the type of activations, and which always gets about `rows`
  /// rows.
  Linear denseLinear(String prefix, long rows);

  /// CLIP's norm.
  default Norm layerNorm(String prefix, double eps) {
    return new Norm.Layer(dense(prefix + ".weight"), dense(prefix + ".bias"), eps);
  }

  /// LLaMA's norm.
  default Norm rmsNorm(String prefix, double eps) {
    return new Norm.Rms(dense(prefix + ".weight"), eps);
  }
}
