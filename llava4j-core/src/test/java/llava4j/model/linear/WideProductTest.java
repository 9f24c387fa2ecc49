package llava4j.model.linear;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import llava4j.tensor.DType;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.OneDnnLinear;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Products of many rows with 16-bit matrices that are widened tile by tile.
class WideProductTest {
  @BeforeAll
  static void prepare() {
    NativeRuntime.prepareForInference();
  }

  /// Sizes for the kernel of few rows, with one tile, several, a last one that is short, and rows
  /// longer than a tile.
  @ParameterizedTest
  @CsvSource({
    "F16, 7, 33, 5, true",
    "F16, 7, 33, 15, true",
    "F16, 1300, 4096, 13, true",
    "BF16, 1300, 4096, 3, false",
    "BF16, 1300, 4096, 13, false",
    "BF16, 70, 70000, 12, true",
    "F16, 2, 4200000, 9, false"
  })
  void tilesGiveTheProductOfTheWholeMatrix(
      DType type, long out, long in, long rows, boolean hasBias) {
    try (Scope _ = new Scope();
        WideTiles tiles = new WideTiles()) {
      torch.manual_seed(4);
      Tensor weight = torch.randn(new long[] {out, in}).to(type.scalarType()); // [out, in]
      Tensor bias = hasBias ? torch.randn(new long[] {out}) : null; // [out]
      Tensor input = torch.randn(new long[] {1, rows, in}); // [1, rows, in]
      for (Optional<OneDnnLinear> operator :
          java.util.List.of(OneDnnLinear.find(), Optional.<OneDnnLinear>empty())) {
        Linear tiled = new Linear.Half(weight, bias, operator, tiles);
        Tensor found = tiled.forward(input); // [1, rows, out]
        Tensor whole =
            torch.matmul(input, weight.to(DType.F64.scalarType()).to(DType.F32.scalarType()).t());
        Tensor expected = bias == null ? whole : whole.add(bias); // [1, rows, out]
        assertThat(Tensors.shape(found)).containsExactly(1, rows, out);
        double apart =
            found.sub(expected).abs().max().item_double() / expected.abs().max().item_double();
        assertThat(apart)
            .as(type + " " + out + " x " + in)
            .isLessThan(2e-6 * Math.max(1, Math.sqrt(in / 4096.0))); // sums in another order
        assertThat(Tensors.toFloats(tiled.forward(input)))
            .as("the kept tile leaves nothing behind")
            .isEqualTo(Tensors.toFloats(found));
      }
    }
  }

  /// bf16 has 8 bits: inputs, weights and results are each rounded by 1/512 of themselves.
  @ParameterizedTest
  @CsvSource({"F16, 70, 33, 40, true", "BF16, 70, 33, 40, true", "F16, 1300, 4096, 64, false"})
  void manyRowsMayBeRounded(DType type, long out, long in, long rows, boolean hasBias) {
    if (!BfloatProducts.areFast()) {
      assertThatThrownBy(ManyRows::requireBfloat).hasMessageContaining("avx512_bf16");
      return;
    }
    try (Scope _ = new Scope();
        WideTiles tiles = new WideTiles()) {
      torch.manual_seed(4);
      Tensor weight = torch.randn(new long[] {out, in}).to(type.scalarType()); // [out, in]
      Tensor bias = hasBias ? torch.randn(new long[] {out}) : null; // [out]
      Tensor input = torch.randn(new long[] {1, rows, in}); // [1, rows, in]
      OneDnnLinear operator = OneDnnLinear.find().orElseThrow();
      Linear.Half half = new Linear.Half(weight, bias, Optional.of(operator), tiles);
      Linear rounded = new RoundedHalf(half, operator);
      assertThat(rounded.roundsManyRows()).isTrue();
      Tensor expected = half.forward(input); // [1, rows, out]
      Tensor found = rounded.forward(input); // [1, rows, out]
      assertThat(Tensors.shape(found)).containsExactly(1, rows, out);
      double apart =
          found.sub(expected).abs().max().item_double() / expected.abs().max().item_double();
      assertThat(apart).isBetween(1e-5, 8e-3);
      Tensor few = input.narrow(1, 0, 8); // [1, 8, in]
      assertThat(Tensors.toFloats(rounded.forward(few)))
          .as("what is decoded together keeps its bits")
          .isEqualTo(Tensors.toFloats(half.forward(few)));
    }
  }
}
