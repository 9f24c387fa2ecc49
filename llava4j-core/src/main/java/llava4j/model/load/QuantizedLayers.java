package llava4j.model.load;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llava4j.error.BadInputException;
import llava4j.io.CloseAll;
import llava4j.model.kernel.ModelKernels;
import llava4j.model.linear.Linear;
import llava4j.model.linear.ManyRows;
import llava4j.model.linear.PrefillMode;
import llava4j.model.linear.WideTiles;
import llava4j.quant.BlockKernel;
import llava4j.quant.BlockMatrix;
import llava4j.quant.KeptMinimums;
import llava4j.quant.PackingMemory;
import llava4j.quant.QuantizedMatrix;
import llava4j.quant.WithMinimums;
import llava4j.tensor.DType;
import llava4j.tensor.NativeHeap;
import llava4j.tensor.OneDnnLinear;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/// Packs a model's quantised matrices for its kernels, and owns them.
final class QuantizedLayers implements AutoCloseable {
  /// Packing leaves free blocks as large as the matrix itself, which are too small for later
  /// matrices.
  private static final long PACKED_BETWEEN_CLEANINGS = 256L << 20;

  private final ModelKernels kernels;
  private final Optional<ManyRows> many;
  private final PrefillMode prefill;
  private final Optional<OneDnnLinear> oneDnn;
  private final WideTiles tiles;
  private final PackingMemory memory;
  private final List<Tensor> minimums = new ArrayList<>();
  private final List<QuantizedMatrix> matrices = new ArrayList<>();
  private long packedSinceCleaning;

  /// @param memory for matrices on the device
  /// @param many products of many rows; empty if the kernels do them
  /// @param oneDnn as for [Linear.Half]
  /// @param tiles not closed here
  QuantizedLayers(
      PackingMemory memory,
      ModelKernels kernels,
      Optional<ManyRows> many,
      PrefillMode prefill,
      Optional<OneDnnLinear> oneDnn,
      WideTiles tiles) {
    this.memory = memory;
    this.kernels = kernels;
    this.many = many;
    this.prefill = prefill;
    this.oneDnn = oneDnn;
    this.tiles = tiles;
  }

  /// Packs a matrix.
  ///
  /// @param kept the matrix as its file keeps it, for products with many rows where the packed one
  ///   cannot be read or is not exact; empty if there is no such file
  /// @throws BadInputException if it cannot be kept in blocks, or not on this device
  Linear layer(String name, BlockMatrix blocks, Optional<BlockMatrix> kept, Tensor biasOrNull) {
    try {
      boolean separate =
          blocks.layout().hasMinimums() && !kernels.of(blocks.layout().bits()).hasMinimums();
      Linear.Half separateMinimums = separate ? packWithMinimums(name, blocks) : null;
      if (!separate) {
        pack(blocks);
      }
      Optional<BlockMatrix> packed = readable(matrices.getLast(), separateMinimums);
      // minimums are rounded when packed
      Optional<BlockMatrix> readable =
          prefill == PrefillMode.EXACT && separateMinimums != null
              ? kept.or(() -> packed)
              : packed.or(() -> kept);
      return new Linear.Quantized(
          matrices.getLast(),
          separateMinimums,
          many.flatMap(
              products -> readable.map(numbers -> new Linear.Quantized.ForMany(numbers, products))),
          biasOrNull);
    } catch (ArithmeticException e) {
      throw new BadInputException(
          "tensor "
              + name
              + " cannot be kept in blocks: "
              + e.getMessage()
              + "; fetch or convert the checkpoint again",
          e);
    }
  }

  private static Optional<BlockMatrix> readable(
      QuantizedMatrix matrix, Linear.Half minimumsOrNull) {
    return matrix
        .numbers()
        .map(numbers ->
            minimumsOrNull == null
                ? numbers
                : WithMinimums.of(numbers, minimumsOrNull.weight().data_ptr().address()));
  }

  /// Packs a matrix whose blocks have minimums, which are stored separately.
  private Linear.Half packWithMinimums(String name, BlockMatrix blocks) {
    try (Scope _ = new Scope()) {
      int perRow = blocks.layout().numBlocks(blocks.columns());
      float[] values = new float[Math.toIntExact(blocks.rows() * perRow)];
      pack(new KeptMinimums(blocks, values));
      Tensor whole = Tensors.ofFloats(values, blocks.rows(), perRow); // [out, blocks]
      Tensor kept = Scope.own(whole.to(DType.F16.scalarType())); // [out, blocks]
      minimums.add(kept);
      if (!LoadedParameters.isFinite(kept)) {
        throw LoadedParameters.isFinite(whole)
            ? new BadInputException(
                "tensor "
                    + name
                    + " has blocks whose smallest number is beyond the 16 bits that it is kept in;"
                    + " use --weights bf16 or fp32")
            : LoadedParameters.faulty(name);
      }
      return new Linear.Half(kept, null, oneDnn, tiles);
    }
  }

  private void pack(BlockMatrix blocks) {
    BlockKernel kernel = kernels.of(blocks.layout().bits());
    matrices.add(QuantizedMatrix.of(blocks, memory, kernel));
    packedSinceCleaning += kernel.bytes(blocks.layout(), blocks.rows(), blocks.columns());
    if (packedSinceCleaning > PACKED_BETWEEN_CLEANINGS) {
      packedSinceCleaning = 0;
      new NativeHeap().giveBackFree();
    }
  }

  /// Frees memory that was needed only for packing.
  void finish() {
    memory.clear();
  }

  @Override
  public void close() {
    List<AutoCloseable> all = new ArrayList<>(minimums);
    all.addAll(matrices);
    minimums.clear();
    matrices.clear();
    CloseAll.each(all);
  }
}
