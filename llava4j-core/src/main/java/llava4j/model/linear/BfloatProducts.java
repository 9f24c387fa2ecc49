package llava4j.model.linear;

import llava4j.quant.BlockMatrix;
import llava4j.quant.BlockWidener;
import llava4j.tensor.DType;
import llava4j.tensor.OneDnnLinear;
import llava4j.tensor.Processor;
import llava4j.tensor.Scope;
import org.bytedeco.pytorch.Tensor;

/// Products of a quantised matrix with many rows, on processors that multiply bf16: some of its
/// rows at a time are widened to bf16 in kept memory and multiplied by oneDNN. Twice as fast there
/// as the integer kernels that one row goes through, and about as exact: those round activations to
/// 8 bits too.
///
/// @param operator oneDNN's linear layer
/// @param tiles the kept memory
public record BfloatProducts(OneDnnLinear operator, WideTiles tiles) {
  /// Below, widening takes longer than it saves: with a 7B 5 s a prompt, where a row costs 36 ms
  /// instead of 58 (two threads, AVX-512 BF16 and VNNI).
  private static final long FEWEST_ROWS = 256;

  /// Whether this processor has products of bf16 numbers.
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
