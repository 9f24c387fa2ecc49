package llava4j.model;

import llava4j.quant.BlockMatrix;
import llava4j.quant.BlockWidener;
import llava4j.tensor.DType;
import llava4j.tensor.OneDnnLinear;
import llava4j.tensor.Processor;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Products of a quantised matrix with many rows, on processors that multiply bf16: some of its
/// rows at a time are widened to bf16 in kept memory and multiplied by oneDNN. Twice as fast there
/// as the integer kernels that one row goes through, and about as exact: those round activations to
/// 8 bits too.
///
/// @param operator oneDNN's linear layer
/// @param tiles the kept memory
record BfloatProducts(OneDnnLinear operator, WideTiles tiles) {
  /// Below, widening takes longer than it saves: with a 7B 5 s a prompt, where a row costs 36 ms
  /// instead of 58 (two threads, AVX-512 BF16 and VNNI).
  private static final long FEWEST_ROWS = 256;

  /// Whether this processor has products of bf16 numbers.
  static boolean areFast() {
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
      long[] shape = {rows.size(0), matrix.rows()};
      Tensor output = torch.empty(shape, Tensors.options(DType.F32), null); // [rows, out]
      long tileRows = Math.min(matrix.rows(), 2 * WideTiles.rows(matrix.columns()));
      Tensor tile = tiles.take(Math.ceilDiv(tileRows * matrix.columns(), 2));
      try {
        for (long first = 0; first < matrix.rows(); first += tileRows) {
          long count = Math.min(tileRows, matrix.rows() - first);
          tileProduct(matrix, narrow, tile, output, first, count);
        }
      } finally {
        tiles.giveBack(tile);
      }
      return scope.keep(output);
    }
  }

  private void tileProduct(
      BlockMatrix matrix, Tensor rows, Tensor tile, Tensor output, long first, long count) {
    try (Scope _ = new Scope()) {
      BlockWidener.toBf16(matrix, first, count, tile.data_ptr().address());
      Tensor wide =
          tile.view(DType.BF16.scalarType())
              .narrow(0, 0, count * matrix.columns())
              .view(count, matrix.columns()); // [count, in]
      output.narrow(1, first, count).copy_(operator.forward(rows, wide, null)); // [rows, count]
    }
  }
}
