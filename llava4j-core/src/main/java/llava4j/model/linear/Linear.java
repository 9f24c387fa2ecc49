package llava4j.model.linear;

import static llava4j.tensor.Tensors.optional;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import llava4j.quant.BlockMatrix;
import llava4j.quant.HalfMatMul;
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

/// y = x Wᵀ + b, with an implementation for each format of weights in memory.
///
/// `forward` maps [..., in] to [..., out]. The model owns and closes the weights.
public sealed interface Linear
    permits BfloatLinear,
        RoundedHalf,
        Linear.Dense,
        Linear.Fused,
        Linear.Half,
        Linear.LowRank,
        Linear.Nf4,
        Linear.Quantized {

  long inDim();

  long outDim();

  Tensor forward(Tensor input);

  /// The products of several layers with the same input. Quantised ones round it once.
  ///
  /// @param input [..., in]
  /// @return [..., out] for each layer
  static List<Tensor> forwardAll(Tensor input, Linear... layers) {
    List<Quantized> quantized = new ArrayList<>();
    for (Linear layer : layers) {
      if (layer instanceof Quantized candidate && candidate.hasFewRows(input)) {
        quantized.add(candidate);
      }
    }
    return quantized.size() == layers.length
        ? Quantized.fewRows(quantized, input)
        : Arrays.stream(layers).map(layer -> layer.forward(input)).toList();
  }

  /// Whether weights have 4 or 8 bits, so that answers differ from those of fp32 anyway.
  default boolean isQuantized() {
    return switch (this) {
      case Quantized _ -> true;
      case LowRank update -> update.base().isQuantized();
      case Dense _, Fused _, Half _, RoundedHalf _, BfloatLinear _, Nf4 _ -> false;
    };
  }

  /// Whether the activations of a prompt are rounded to less than fp32.
  default boolean roundsManyRows() {
    return switch (this) {
      case Quantized layer ->
          layer.many().map(many -> !(many.products() instanceof ExactProducts)).orElse(true);
      case LowRank update -> update.base().roundsManyRows();
      case BfloatLinear _, RoundedHalf _ -> true;
      case Dense _, Fused _, Half _, Nf4 _ -> false;
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

    /// One row uses a matrix-vector product: with this build's BLAS, `linear` reads weights at a
    /// third of the memory bandwidth, `mv` at the full bandwidth.
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

  /// fp32 weights on the CPU, if libtorch has oneDNN. Inference only.
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

  /// 16-bit weights with fp32 activations, on the CPU: half the memory, and half the bytes per
  /// decode step.
  ///
  /// @param weight [out, in], F16 or BF16, row-major
  /// @param bias `[out]`, F32, or null
  /// @param many the product of many rows with a widened tile
  /// @param tiles memory for the tiles
  record Half(Tensor weight, Tensor bias, Optional<OneDnnLinear> many, WideTiles tiles)
      implements Linear {
    /// More rows than sequences that generate side by side are a prompt's.
    private static final long MOST_ALONE = 32;

    @Override
    public long inDim() {
      return weight.size(1);
    }

    @Override
    public long outDim() {
      return weight.size(0);
    }

    /// One row and a few: kernels that widen while they read. Many rows: the matrix is widened
    /// exactly, tile by tile, in reused memory, and each tile is multiplied in fp32. Products in
    /// bf16 would be faster on some CPUs, but would round the activations (ADR 21).
    @Override
    public Tensor forward(Tensor input) {
      long rows = input.numel() / inDim();
      if (rows > HalfMatMul.MOST_ROWS) {
        return manyRows(input); // [..., out]
      }
      Tensor row = input.contiguous(); // [..., in]
      Tensor product =
          torch.empty(new long[] {rows, outDim()}, Tensors.options(DType.F32), null); // [rows, out]
      if (rows == 1) {
        HalfMatVec.multiply(
            weight.data_ptr().address(),
            Tensors.type(weight),
            outDim(),
            inDim(),
            row.data_ptr().address(),
            product.data_ptr().address());
      } else {
        HalfMatMul.multiply(
            weight.data_ptr().address(),
            Tensors.type(weight),
            outDim(),
            inDim(),
            row.data_ptr().address(),
            Math.toIntExact(rows),
            product.data_ptr().address());
      }
      if (bias != null) {
        product.add_(bias);
      }
      return product.view(withLastDim(input, outDim())); // [..., out]
    }

    /// As [#forward], but each row is multiplied as if it were alone, so that its bits do not
    /// depend on the others. For small matrices.
    Tensor eachAlone(Tensor rows) {
      if (rows.size(0) > MOST_ALONE) {
        return forward(rows); // [rows, out]
      }
      try (Scope scope = new Scope()) {
        List<Tensor> products = new ArrayList<>();
        for (long row = 0; row < rows.size(0); row++) {
          products.add(forward(rows.narrow(0, row, 1))); // [1, out]
        }
        return scope.keep(Tensors.concatenate(products, 0)); // [rows, out]
      }
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

  /// Weights of 4 or 8 bits with the activations of their device. Inference only.
  ///
  /// @param weight [out, in]
  /// @param minimums F16, one value per block and row, [out, blocks]; null if blocks have no
  ///   minimum
  /// @param many a faster product for many rows; empty if there is none
  /// @param bias `[out]` or null
  record Quantized(QuantizedMatrix weight, Half minimums, Optional<ForMany> many, Tensor bias)
      implements Linear {

    /// @param numbers the matrix to read, in the packed memory or in its file, which must stay open
    public record ForMany(BlockMatrix numbers, ManyRows products) {}

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
      if (hasFewRows(input)) {
        return fewRows(List.of(this), input).getFirst(); // [..., out]
      }
      try (Scope scope = new Scope()) {
        Tensor rows = input.reshape(-1, inDim()).contiguous(); // [rows, in]
        ForMany readable = many.get();
        Tensor product =
            readable
                .products()
                .multiply(
                    readable.numbers(),
                    some -> withMinimums(weight.multiply(some), some),
                    rows); // [rows, out]
        return scope.keep(finished(product, input)); // [..., out]
      }
    }

    private boolean hasFewRows(Tensor input) {
      return many.isEmpty() || input.numel() / inDim() < many.get().products().fewestRows();
    }

    /// The kernels for blocks.
    private static List<Tensor> fewRows(List<Quantized> layers, Tensor input) {
      try (Scope scope = new Scope()) {
        Tensor rows = input.reshape(-1, layers.getFirst().inDim()).contiguous(); // [rows, in]
        List<Tensor> products =
            QuantizedMatrix.multiplyAll(layers.stream().map(Quantized::weight).toList(), rows);
        List<Tensor> outputs = new ArrayList<>();
        for (int i = 0; i < products.size(); i++) {
          Quantized layer = layers.get(i);
          Tensor product = layer.withMinimums(products.get(i), rows); // [rows, out]
          outputs.add(scope.keep(layer.finished(product, input))); // [..., out]
        }
        return outputs;
      }
    }

    private Tensor withMinimums(Tensor product, Tensor rows) {
      return minimums == null ? product : product.add_(minimums.eachAlone(blockSums(rows)));
    }

    private Tensor finished(Tensor product, Tensor input) {
      if (bias != null) {
        product.add_(bias);
      }
      return product.view(withLastDim(input, outDim())); // [..., out]
    }

    /// The sum of activations per block, which is multiplied by the block's minimum.
    private Tensor blockSums(Tensor rows) {
      long blocks = minimums.inDim();
      return rows.view(rows.size(0), blocks, inDim() / blocks)
          .sum(new long[] {2}, false, new ScalarTypeOptional()); // [rows, blocks]
    }
  }

  /// Frozen 4-bit weights, dequantised for each product. A recorded autograd graph keeps the
  /// dequantised matrix until its backward pass.
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

  /// A low-rank update of frozen weights: base(x) + scale · (x Aᵀ) Bᵀ.
  ///
  /// @param down LoRA's A [rank, in]
  /// @param up LoRA's B [out, rank]
  /// @param scale alpha / rank
  /// @param dropout dropout probability of the update's inputs in training; 0 otherwise
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

  static long[] withLastDim(Tensor input, long dim) {
    long[] shape = Tensors.shape(input);
    shape[shape.length - 1] = dim;
    return shape;
  }
}
