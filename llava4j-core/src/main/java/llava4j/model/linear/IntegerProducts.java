package llava4j.model.linear;

import java.util.Optional;
import java.util.stream.IntStream;
import llava4j.quant.BlockMatrix;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Products in integers of 8 bits: about twice as fast as in bf16 on a CPU with VNNI.
///
/// A token has one scale, so one number far above the others would leave few steps for them. Such
/// tokens (the first of a LLaMA's prompt is one in most layers) use the kernels for blocks, in
/// which such a number harms only its block. If many tokens are so, the whole product is in bf16.
///
/// @param uneven for inputs with many such tokens; empty for the kernels for blocks
record IntegerProducts(ByteProducts bytes, Optional<ManyRows> uneven, long fewestRows)
    implements ManyRows {
  /// From 24 rows on it is faster than the kernels for blocks (measured with 2 threads on an AMD
  /// EPYC with VNNI: 8 ms instead of 9). A few more, so that sequences that are decoded together
  /// keep to those kernels, which give a row the same bits in any company.
  static final long FEWEST_ROWS = 33;

  /// The largest number of a token that is rounded with one scale, in units of its root mean
  /// square. Rounding then adds noise of at most 4 % of the token; 4-bit weights add 9 %.
  static final float MOST_PEAK = 16;

  /// The part of the tokens that may use the kernels for blocks, which are three times slower.
  private static final int PART = 8;

  @Override
  public Tensor multiply(BlockMatrix blocks, FewRows few, Tensor rows) {
    try (Scope scope = new Scope()) {
      ByteProducts.Rounded rounded = ByteProducts.round(rows);
      float[] peaks = rounded.rows().peaks();
      int[] peaked =
          IntStream.range(0, peaks.length).filter(row -> peaks[row] > MOST_PEAK).toArray();
      if (peaked.length * PART > peaks.length || !ByteProducts.takes(blocks)) {
        return scope.keep(
            uneven.isPresent()
                ? uneven.get().multiply(blocks, few, rows)
                : few.multiply(rows)); // [rows, out]
      }
      Tensor output = bytes.multiply(blocks, rounded); // [rows, out]
      if (peaked.length > 0) {
        Tensor index = Tensors.ofIds(peaked).to(torch.ScalarType.Long); // [peaked]
        Tensor some = rows.index_select(0, index); // [peaked, in]
        output.index_copy_(0, index, few.multiply(some));
      }
      return scope.keep(output);
    }
  }
}
