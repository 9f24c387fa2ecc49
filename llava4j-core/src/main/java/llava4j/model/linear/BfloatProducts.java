package llava4j.model.linear;

import llava4j.quant.BlockMatrix;
import llava4j.quant.BlockWidener;
import llava4j.tensor.DType;
import llava4j.tensor.OneDnnLinear;
import llava4j.tensor.Processor;
import llava4j.tensor.Scope;
import org.bytedeco.pytorch.Tensor;

/// Products of a quantised matrix with many rows, on CPUs with bf16 instructions: the matrix is
/// widened to bf16 tile by tile in reused memory and multiplied by oneDNN. On these CPUs this is
/// twice as fast as the integer kernels for one row, and about as exact, because those round
/// activations to 8 bits.
///
/// @param operator oneDNN's linear layer
/// @param tiles the reused memory
public record BfloatProducts(OneDnnLinear operator, WideTiles tiles, long fewestRows)
    implements ManyRows {
  /// With fewer rows, widening costs more than it saves (measured with 2 threads on an AMD EPYC
  /// with AVX-512 BF16: 64 to 96 rows).
  static final long FEWEST_ROWS = 96;

  /// Whether this CPU has bf16 instructions.
  public static boolean areFast() {
    return Processor.ofThisMachine().hasBf16Products();
  }

  @Override
  public Tensor multiply(BlockMatrix matrix, FewRows few, Tensor rows) {
    try (Scope scope = new Scope()) {
      Tensor narrow = rows.to(DType.BF16.scalarType()); // [rows, in]
      return scope.keep(
          tiles.product(
              rows.size(0),
              matrix.rows(),
              matrix.columns(),
              DType.BF16,
              (tile, first) -> {
                BlockWidener.toBf16(matrix, first, tile.size(0), tile.data_ptr().address());
                return operator.forward(narrow, tile, null); // [rows, count]
              }));
    }
  }
}
