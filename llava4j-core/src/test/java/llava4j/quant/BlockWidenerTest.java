package llava4j.quant;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import llava4j.quant.BlockMatrix.Layout;
import llava4j.quant.BlockMatrix.Row;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Widened rows against each number computed alone and rounded by libtorch.
class BlockWidenerTest {
  @ParameterizedTest
  @CsvSource({
    "4, 32, false, 768",
    "4, 16, true, 768",
    "4, 32, true, 96",
    "4, 64, true, 128",
    "8, 32, false, 768",
    "8, 16, true, 768",
    "8, 16, false, 48",
    "4, 16, true, 16"
  })
  void everyNumberIsRoundedOnce(int bits, int block, boolean minimums, int columns) {
    Layout layout = new Layout(bits, block, minimums);
    int rows = 37;
    BlockMatrix matrix = random(layout, rows, columns);
    try (Scope _ = new Scope()) {
      Tensor found = torch.empty(new long[] {rows - 2, columns}, Tensors.options(DType.BF16), null);
      BlockWidener.toBf16(matrix, 2, rows - 2, found.data_ptr().address());
      float[] exact = new float[(rows - 2) * columns];
      Row row = new Row(layout, columns);
      for (int r = 2; r < rows; r++) {
        matrix.read(r, row);
        for (int i = 0; i < columns; i++) {
          exact[(r - 2) * columns + i] = row.value(layout, i);
        }
      }
      Tensor expected = Tensors.ofFloats(exact, rows - 2, columns).to(DType.BF16.scalarType());
      assertThat(found.equal(expected)).isTrue();
    }
  }

  private static BlockMatrix random(Layout layout, int rows, int columns) {
    return new BlockMatrix() {
      @Override
      public long rows() {
        return rows;
      }

      @Override
      public long columns() {
        return columns;
      }

      @Override
      public Layout layout() {
        return layout;
      }

      @Override
      public void read(long row, Row into) {
        Random random = new Random(row);
        random.nextBytes(into.packed);
        for (int i = 0; i < into.scales.length; i++) {
          into.scales[i] = (random.nextFloat() - 0.5f) * 0.1f;
        }
        for (int i = 0; i < into.minimums.length; i++) {
          into.minimums[i] = (random.nextFloat() - 0.5f) * 0.1f;
        }
      }
    };
  }
}
