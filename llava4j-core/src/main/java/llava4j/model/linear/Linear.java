package llava4j.model.linear;

import static llava4j.tensor.Tensors.optional;

import java.util.Optional;
import llava4j.quant.BlockMatrix;
import llava4j.quant.HalfMatVec;
import llava4j.quant.Nf4Matrix;
import llava4j.quant.QuantizedMatrix;
import llava4j.tensor.DType;
import llava4j.tensor.OneDnnLinear;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// y = x Wᵀ + b: the one seam where weights differ in how they are kept.
///
/// `forward` takes [..., in] and gives [..., out]. Weights are borrowed from the model, which
/// closes them.
public sealed interface Linear {

  long inDim();

  long outDim();

  Tensor forward(Tensor input);

  /// Whether weights are as precise as activations.
  default boolean isExact() {
    return switch (this) {
      case Dense _, Fused _ -> true;
      case Half _, Quantized _, Nf4 _ -> false;
      case LowRank update -> update.base().isExact();
    };
  }

  /// Weights in the type of the activations.
  ///
  /// @param weight [out, in]
  /// @param bias `[out]` or null
  record Dense(Tensor weight, Tensor bias) implements Linear {
    @Override
    public long inDim() {
      return weight.size(1);
    }

    @Override
    public long outDim() {
      return weight.size(0);
    }

    /// One row goes through a matrix-vector product: with this build's BLAS `linear` reads weights
    /// at a third of the memory bandwidth there, `mv` at all of it.
    @Override
    public Tensor forward(Tensor input) {
      if (input.numel() != inDim()) {
        return torch.linear(input, weight, optional(bias)); // [..., out]
      }
      Tensor row = input.reshape(inDim()); // [in]
      Tensor product =
          bias == null ? torch.mv(weight, row) : torch.addmv(bias, weight, row); // [out]
      return product.view(withLastDim(input, outDim())); // [..., out]
    }
  }

  /// fp32 weights on the processor where libtorch has oneDNN. Inference only.
  ///
  /// @param weight [out, in]
  /// @param bias `[out]` or null
  record Fused(Tensor weight, Tensor bias, OneDnnLinear operator) implements Linear {
    @Override
    public long inDim() {
      return weight.size(1);
    }

    @Override
    public long outDim() {
      return weight.size(0);
    }

    @Override
    public Tensor forward(Tensor input) {
      return operator.forward(input, weight, bias); // [..., out]
    }
  }

  /// 16-bit weights beside fp32 activations, on the processor: half the memory, and half the bytes
  /// per decoded token.
  ///
  /// @param weight [out, in], F16 or BF16, row-major
  /// @param bias `[out]`, F32, or null
  /// @param many the product with many rows, given a widened tile
  /// @param tiles memory for those
  record Half(Tensor weight, Tensor bias, Optional<OneDnnLinear> many, WideTiles tiles)
      implements Linear {
    @Override
    public long inDim() {
      return weight.size(1);
    }

    @Override
    public long outDim() {
      return weight.size(0);
    }

    /// One row: a kernel that widens as it reads. Many rows: the matrix is widened a tile at a time
    /// in kept memory, exactly, and each tile's product is made in fp32. Products in bf16 would be
    /// faster on some processors, but round the activations (ADR 21).
    @Override
    public Tensor forward(Tensor input) {
      if (input.numel() != inDim()) {
        return manyRows(input); // [..., out]
      }
      Tensor row = input.contiguous(); // [..., in]
      Tensor product =
          torch.empty(new long[] {outDim()}, Tensors.options(DType.F32), null); // [out]
      HalfMatVec.multiply(
          weight.data_ptr().address(),
          Tensors.type(weight),
          outDim(),
          inDim(),
          row.data_ptr().address(),
          product.data_ptr().address());
      if (bias != null) {
        product.add_(bias);
      }
      return product.view(withLastDim(input, outDim())); // [..., out]
    }

    private Tensor manyRows(Tensor input) {
      try (Scope scope = new Scope()) {
        Tensor rows = input.reshape(-1, inDim()); // [rows, in]
        Tensor output =
            tiles.product(
                rows.size(0),
                outDim(),
                inDim(),
                DType.F32,
                (tile, first) -> tileProduct(rows, tile, first)); // [rows, out]
        return scope.keep(output.view(withLastDim(input, outDim()))); // [..., out]
      }
    }

    private Tensor tileProduct(Tensor rows, Tensor tile, long first) {
      long count = tile.size(0);
      tile.copy_(weight.narrow(0, first, count));
      Tensor part = bias == null ? null : bias.narrow(0, first, count); // [count]
      Linear exact =
          many.<Linear>map(operator -> new Fused(tile, part, operator))
              .orElseGet(() -> new Dense(tile, part));
      return exact.forward(rows); // [rows, count]
    }
  }

  /// Weights of 4 or 8 bits beside fp32 activations, on the processor. Inference only.
  ///
  /// @param weight [out, in]
  /// @param minimums F16, a number for each block of each row, [out, blocks]; null where blocks
  ///   have none
  /// @param many how many rows at once are multiplied faster; empty where they are not
  /// @param bias `[out]` or null
  record Quantized(QuantizedMatrix weight, Half minimums, Optional<ManyRows> many, Tensor bias)
      implements Linear {

    /// @param blocks the matrix as its file has it; what it reads must stay open
    public record ManyRows(BlockMatrix blocks, BfloatProducts products) {}

    @Override
    public long inDim() {
      return weight.columns();
    }

    @Override
    public long outDim() {
      return weight.rows();
    }

    @Override
    public Tensor forward(Tensor input) {
      try (Scope scope = new Scope()) {
        Tensor rows = input.reshape(-1, inDim()).contiguous(); // [rows, in]
        Tensor output = product(rows); // [rows, out]
        if (bias != null) {
          output.add_(bias);
        }
        return scope.keep(output.view(withLastDim(input, outDim()))); // [..., out]
      }
    }

    private Tensor product(Tensor rows) {
      if (many.isPresent() && BfloatProducts.pay(rows.size(0))) {
        return many.get().products().multiply(many.get().blocks(), rows); // [rows, out]
      }
      Tensor output = weight.multiply(rows); // [rows, out]
      return minimums == null ? output : output.add_(minimums.forward(blockSums(rows)));
    }

    /// What each block's minimum is multiplied with.
    private Tensor blockSums(Tensor rows) {
      long blocks = minimums.inDim();
      return rows.view(rows.size(0), blocks, inDim() / blocks)
          .sum(new long[] {2}, false, new ScalarTypeOptional()); // [rows, blocks]
    }
  }

  /// Frozen 4-bit weights, made whole for each product. A recorded graph keeps the whole matrix
  /// until it has gone back through it.
  ///
  /// @param weight [out, in]
  /// @param bias `[out]` or null
  record Nf4(Nf4Matrix weight, Tensor bias) implements Linear {
    @Override
    public long inDim() {
      return weight.columns();
    }

    @Override
    public long outDim() {
      return weight.rows();
    }

    @Override
    public Tensor forward(Tensor input) {
      try (Scope scope = new Scope()) {
        Tensor whole = weight.dequantize(Tensors.type(input)); // [out, in]
        return scope.keep(torch.linear(input, whole, optional(bias))); // [..., out]
      }
    }
  }

  /// A low-rank update beside frozen weights: base(x) + scale · (x Aᵀ) Bᵀ.
  ///
  /// @param down LoRA's A [rank, in]
  /// @param up LoRA's B [out, rank]
  /// @param scale alpha / rank
  /// @param dropout share of the update's inputs that are zeroed, while training; 0 otherwise
  record LowRank(Linear base, Tensor down, Tensor up, double scale, double dropout)
      implements Linear {
    @Override
    public long inDim() {
      return base.inDim();
    }

    @Override
    public long outDim() {
      return base.outDim();
    }

    @Override
    public Tensor forward(Tensor input) {
      try (Scope scope = new Scope()) {
        Tensor seen = dropout > 0 ? torch.dropout(input, dropout, true) : input; // [..., in]
        Tensor narrow = torch.linear(seen, down); // [..., rank]
        Tensor update = torch.linear(narrow, up).mul_(new Scalar(scale)); // [..., out]
        return scope.keep(base.forward(input).add_(update)); // [..., out]
      }
    }
  }

  private static long[] withLastDim(Tensor input, long dim) {
    long[] shape = Tensors.shape(input);
    shape[shape.length - 1] = dim;
    return shape;
  }
}
