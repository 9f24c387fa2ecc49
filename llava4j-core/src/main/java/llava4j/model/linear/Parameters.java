package llava4j.model.linear;

import org.bytedeco.pytorch.Tensor;

/// The source of the weights of a model's parts, with our names (see `ParameterTable`): in
/// inference, a loaded checkpoint; in training, the trained parameters.
///
/// The implementation owns the tensors.
public interface Parameters {

  boolean has(String name);

  /// A tensor in the type of activations.
  Tensor dense(String name);

  /// The embedding table. [vocab, dim]
  Tensor table(String name);

  /// The rows of the embedding table, where nothing else needs the table.
  default Embedding embedding(String name) {
    return new Embedding.Table(table(name));
  }

  /// A linear layer of the language model.
  ///
  /// @param prefix of its tensors, such as `language_model.layers.0.mlp.up_proj`
  Linear linear(String prefix);

  /// A linear layer with a matrix from this object, such as the output head with a tied embedding
  /// table.
  Linear linear(Tensor weight, Tensor biasOrNull);

  /// A linear layer of vision tower or projector, whose input always has about `rows` rows.
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
