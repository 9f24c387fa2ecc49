package llava4j.model.linear;

import llava4j.tensor.DType;
import llava4j.tensor.OneDnnLinear;
import llava4j.tensor.Scope;
import org.bytedeco.pytorch.Tensor;

/// Weights and activations rounded to bf16, on CPUs with bf16 instructions: half the memory and
/// half the time of [Linear.Fused]. Inference only.
///
/// @param weight bf16, [out, in]
/// @param bias fp32, `[out]`, or null
public record BfloatLinear(Tensor weight, Tensor bias, OneDnnLinear operator) implements Linear {
  @Override
  public long inDim() {
    return weight.size(1);
  }

  @Override
  public long outDim() {
    return weight.size(0);
  }

  /// @param input fp32, [..., in]
  /// @return fp32, [..., out]
  @Override
  public Tensor forward(Tensor input) {
    try (Scope scope = new Scope()) {
      Tensor narrow = input.to(DType.BF16.scalarType()); // [..., in]
      Tensor product =
          operator.forward(narrow, weight, null).to(DType.F32.scalarType()); // [..., out]
      return scope.keep(bias == null ? product : product.add_(bias)); // [..., out]
    }
  }
}
