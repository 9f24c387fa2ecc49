package llava4j.model;

import static llava4j.model.Attention.splitHeads;

import llava4j.model.RotaryEmbedding.Angles;
import llava4j.model.linear.Norm;
import llava4j.quant.RowKernels;
import llava4j.quant.VectorSupport;
import llava4j.tensor.DType;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// What a block computes between its matrix products.
sealed interface RowOps {
  /// [batch, tokens, dim] -> the same shape
  Tensor norm(Norm norm, Tensor hidden);

  /// Splits into heads and applies rotary positions.
  ///
  /// @param projected a product's result, which is not used any more, [batch, tokens, heads *
  ///   headDim]
  /// @return [batch, heads, tokens, headDim], contiguous
  Tensor rotatedHeads(Tensor projected, long numHeads, Angles angles);

  /// SwiGLU.
  ///
  /// @param gate a product's result, which is not used any more, [batch, tokens, intermediate]
  /// @param up as gate
  /// @return [batch, tokens, intermediate]
  Tensor swiGlu(Tensor gate, Tensor up);

  /// The fastest for a pass without gradients.
  ///
  /// @param hidden what the first block gets
  static RowOps forInference(Tensor hidden) {
    boolean fits = hidden.is_cpu() && Tensors.type(hidden) == DType.F32 && hidden.size(0) == 1;
    return fits && VectorSupport.isAvailable() ? new Kernels() : new Operators();
  }

  /// libtorch's operators: any device and type, recorded for gradients.
  record Operators() implements RowOps {
    @Override
    public Tensor norm(Norm norm, Tensor hidden) {
      return norm.forward(hidden);
    }

    @Override
    public Tensor rotatedHeads(Tensor projected, long numHeads, Angles angles) {
      return RotaryEmbedding.rotate(splitHeads(projected, numHeads), angles);
    }

    @Override
    public Tensor swiGlu(Tensor gate, Tensor up) {
      return torch.silu_(gate).mul_(up);
    }
  }

  /// Our own kernels, one pass over the numbers each: fp32 on a CPU, a batch of one.
  record Kernels() implements RowOps {
    @Override
    public Tensor norm(Norm norm, Tensor hidden) {
      if (!(norm instanceof Norm.Rms(Tensor weight, double eps))
          || Tensors.type(weight) != DType.F32) {
        return norm.forward(hidden);
      }
      Tensor input = hidden.contiguous(); // [1, tokens, dim]
      Tensor output = torch.empty_like(input); // [1, tokens, dim]
      RowKernels.rmsNorm(
          address(input),
          address(weight),
          eps,
          input.size(1),
          Math.toIntExact(input.size(2)),
          address(output));
      return output;
    }

    @Override
    public Tensor rotatedHeads(Tensor projected, long numHeads, Angles angles) {
      long tokens = projected.size(1);
      long headDim = projected.size(2) / numHeads;
      Tensor input = projected.contiguous(); // [1, tokens, heads * headDim]
      Tensor heads =
          torch.empty(
              new long[] {1, numHeads, tokens, headDim},
              Tensors.options(DType.F32),
              new MemoryFormatOptional()); // [1, heads, tokens, headDim]
      RowKernels.rotate(
          address(input),
          numHeads,
          tokens,
          Math.toIntExact(headDim),
          address(angles.cos()),
          address(angles.sin()),
          address(heads));
      return heads;
    }

    @Override
    public Tensor swiGlu(Tensor gate, Tensor up) {
      RowKernels.swiGlu(address(gate), address(up), gate.size(1), Math.toIntExact(gate.size(2)));
      return gate;
    }

    private static long address(Tensor tensor) {
      return tensor.data_ptr().address();
    }
  }
}
