package llava4j.model.linear;

import static org.assertj.core.api.Assertions.assertThat;

import llava4j.checkpoint.gguf.RowQuantizer;
import llava4j.quant.BlockMatrix;
import llava4j.quant.BlockMatrix.Row;
import llava4j.tensor.DType;
import llava4j.tensor.OneDnnLinear;
import llava4j.tensor.Processor;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Products by widened tiles against the same numbers multiplied in fp32. Without AVX-512 oneDNN
/// refuses bf16; processors that this way is not for have nothing to compare.
class BfloatProductsTest {
  /// Rows of the second case need three tiles.
  @ParameterizedTest
  @CsvSource({"4, 100, 96, 5", "4, 5000, 4096, 300", "8, 64, 128, 1"})
  void productsAreThoseOfTheDecodedNumbers(int bits, int rows, int columns, int inputs) {
    if (!BfloatProducts.areFast()) {
      assertThat(Processor.ofThisMachine().flags()).doesNotContain("avx512_bf16", "amx_bf16");
      return;
    }
    try (Scope _ = new Scope();
        WideTiles tiles = new WideTiles()) {
      BlockMatrix matrix = RowQuantizer.of(torch.randn(rows, columns), bits);
      float[] decoded = new float[rows * columns];
      Row row = new Row(matrix.layout(), columns);
      for (int r = 0; r < rows; r++) {
        matrix.read(r, row);
        for (int i = 0; i < columns; i++) {
          decoded[r * columns + i] = row.value(matrix.layout(), i);
        }
      }
      Tensor input = torch.randn(inputs, columns); // [inputs, columns]
      Tensor expected =
          torch.linear(input, Tensors.ofFloats(decoded, rows, columns)); // [inputs, rows]
      Tensor found =
          new BfloatProducts(OneDnnLinear.find().orElseThrow(), tiles, 2)
              .multiply(matrix, ignored -> input, input); // [inputs, rows]
      assertThat(Tensors.type(found)).isEqualTo(DType.F32);
      assertThat(Tensors.shape(found)).containsExactly(inputs, rows);
      double relative = found.sub(expected).norm().item_double() / expected.norm().item_double();
      assertThat(relative).isBetween(1e-6, 1e-2);
    }
  }
}
