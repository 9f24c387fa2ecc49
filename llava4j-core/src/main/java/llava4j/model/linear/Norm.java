package llava4j.model.linear;

import static llava4j.tensor.Tensors.optional;

import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Normalisation over the last dimension. `forward` maps [..., dim] to [..., dim].
public sealed interface Norm {

  Tensor forward(Tensor hidden);

  /// CLIP's layer norm.
  ///
  /// @param weight `[dim]`
  /// @param bias `[dim]`
  record Layer(Tensor weight, Tensor bias, double eps) implements Norm {
    @Override
    public Tensor forward(Tensor hidden) {
      return torch.layer_norm(
          hidden,
          Tensors.shape(weight),
          optional(weight),
          optional(bias),
          eps,
          false); // [..., dim]
    }
  }

  /// LLaMA's RMS norm: the mean of squares in fp32, the weight applied after the cast back.
  ///
  /// @param weight `[dim]`
  record Rms(Tensor weight, double eps) implements Norm {
    @Override
    public Tensor forward(Tensor hidden) {
      Tensor wide = Tensors.exact(hidden); // [..., dim]
      Tensor scale =
          wide.square()
              .mean(new long[] {-1}, true, new org.bytedeco.pytorch.ScalarTypeOptional())
              .add_(new Scalar(eps))
              .rsqrt_(); // [..., 1]
      return wide.mul(scale).to(hidden.dtype()).mul_(weight); // [..., dim]
    }
  }
}
