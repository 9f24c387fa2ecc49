package llava4j.model.linear;

import java.util.Optional;
import llava4j.quant.BlockMatrix;
import llava4j.quant.BlockWidener;
import llava4j.tensor.DType;
import llava4j.tensor.OneDnnLinear;
import llava4j.tensor.Scope;
import org.bytedeco.pytorch.Tensor;

/// Products in fp32: the matrix is decoded tile by tile in reused memory.
///
/// @param oneDnn the faster product; empty for libtorch's own
/// @param tiles the reused memory
record ExactProducts(Optional<OneDnnLinear> oneDnn, WideTiles tiles, long fewestRows)
    implements ManyRows {
  /// With fewer rows, decoding the matrix costs more than it saves, as in [BfloatProducts].
  static final long FEWEST_ROWS = BfloatProducts.FEWEST_ROWS;

  @Override
  public Tensor multiply(BlockMatrix blocks, FewRows few, Tensor rows) {
    try (Scope scope = new Scope()) {
      return scope.keep(
          tiles.product(
              rows.size(0),
              blocks.rows(),
              blocks.columns(),
              DType.F32,
              (tile, first) -> {
                BlockWidener.toF32(blocks, first, tile.size(0), tile.data_ptr().address());
                return oneDnn
                    .<Linear>map(operator -> new Linear.Fused(tile, null, operator))
                    .orElseGet(() -> new Linear.Dense(tile, null))
                    .forward(rows); // [rows, count]
              }));
    }
  }
}
