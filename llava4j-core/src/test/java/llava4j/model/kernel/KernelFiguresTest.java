package llava4j.model.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import llava4j.model.kernel.KernelFigures.Outcome;
import llava4j.model.kernel.KernelFigures.Right;
import llava4j.model.kernel.KernelFigures.Wrong;
import llava4j.model.linear.PrefillMode;
import llava4j.quant.BlockKernel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Which kernel is taken for which times.
class KernelFiguresTest {
  static Right few(double one, double some, double many) {
    return new Right(Map.of(1, one, 8, some, 256, many));
  }

  static KernelFigures of(Outcome onnx, Outcome panels, Map<PrefillMode, Outcome> products) {
    Map<BlockKernel, Outcome> kernels = new LinkedHashMap<>();
    kernels.put(BlockKernel.ONNX_RUNTIME, onnx);
    kernels.put(BlockKernel.PANELS, panels);
    BlockKernel.available()
        .forEach(kernel -> kernels.putIfAbsent(kernel, new Wrong("not part of this test")));
    return new KernelFigures(kernels, products);
  }

  static KernelFigures products(double same, Double exact, Double bf16, Double int8) {
    Map<PrefillMode, Outcome> products = new LinkedHashMap<>();
    Map<PrefillMode, Double> times = new LinkedHashMap<>();
    times.put(PrefillMode.EXACT, exact);
    times.put(PrefillMode.BF16, bf16);
    times.put(PrefillMode.INT8, int8);
    times.forEach((mode, time) ->
        products.put(mode, time == null ? new Wrong("sums") : new Right(Map.of(256, time))));
    return of(new Wrong("absent"), few(1, 1, same), products);
  }

  /// The library's times are the first two; ours follow.
  @ParameterizedTest
  @CsvSource({
    "1.0, 2.0, 1.2, 2.4, ONNX_RUNTIME",
    "1.2, 2.4, 1.0, 2.0, PANELS",
    "1.0, 2.0, 1.0, 2.0, PANELS",
    // within a few percent ours are taken, though they are slower: they take less memory
    "1.0, 2.0, 1.04, 2.04, PANELS",
    "1.0, 2.0, 1.07, 2.14, ONNX_RUNTIME",
    // twice as fast with one row, and a third slower with some
    "2.0, 1.5, 1.0, 2.0, PANELS",
    "1.0, 2.0, 2.0, 1.5, ONNX_RUNTIME"
  })
  void theFastestIsTakenAndOfEqualsOurs(
      double one, double some, double ourOne, double ourSome, BlockKernel taken) {
    assertThat(of(few(one, some, 9), few(ourOne, ourSome, 1), Map.of()).fastest()).contains(taken);
  }

  @Test
  void aWrongOneIsNeverTaken() {
    Wrong wrong = new Wrong("32767 instead of 64770");
    assertThat(of(wrong, few(9, 9, 9), Map.of()).fastest()).contains(BlockKernel.PANELS);
    assertThat(of(few(9, 9, 9), wrong, Map.of()).fastest()).contains(BlockKernel.ONNX_RUNTIME);
    assertThat(of(wrong, wrong, Map.of()).fastest()).isEmpty();
    assertThat(products(9, 5.0, 3.0, null).fastestProducts(BlockKernel.PANELS))
        .contains(PrefillMode.BF16);
    assertThat(products(9, null, null, null).fastestProducts(BlockKernel.PANELS)).isEmpty();
  }

  @Test
  void manyRowsTakeTheFastestProducts() {
    assertThat(products(9, 5.0, 3.0, 1.0).fastestProducts(BlockKernel.PANELS))
        .contains(PrefillMode.INT8);
    assertThat(products(9, 2.0, 3.0, 4.0).fastestProducts(BlockKernel.PANELS))
        .contains(PrefillMode.EXACT);
    // of equals the one that rounds least
    assertThat(products(9, 5.0, 1.04, 1.0).fastestProducts(BlockKernel.PANELS))
        .contains(PrefillMode.BF16);
  }

  @Test
  void theSameKernelsMultiplyManyRowsWhereTheyAreFaster() {
    assertThat(products(1, 5.0, 3.0, 2.0).fastestProducts(BlockKernel.PANELS)).isEmpty();
    assertThat(products(1, 5.0, 3.0, 1.03).fastestProducts(BlockKernel.PANELS))
        .contains(PrefillMode.INT8);
  }
}
