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
public record BfloatProducts(OneDnnLinear operator, WideTiles tiles) {
  /// Below this number of rows, widening costs more than it saves: for a 7B, 5 s per prompt, while
  /// a row takes 36 ms instead of 58 ms (two threads, AVX-512 BF16 and VNNI).
  private static final long FEWEST_ROWS = 256;

  /// Whether this CPU has bf16 instructions.
  public static boolean areFast() {
    Processor processor = Processor.ofThisMachine();
    return processor.flags().contains("avx512_bf16") || processor.flags().contains("amx_bf16");
  }

  static boolean pay(long rows) {
    return rows >= FEWEST_ROWS;
  }

  /// x Wᵀ.
  ///
  /// @param rows fp32, [rows, in]
  /// @return fp32, [rows, out]
  Tensor multiply(BlockMatrix matrix, Tensor rows) {
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
