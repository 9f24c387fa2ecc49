package llava4j.model.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import llava4j.error.BadInputException;
import llava4j.model.kernel.KernelFigures.Right;
import llava4j.model.kernel.KernelFigures.Wrong;
import llava4j.model.kernel.ModelKernels.Weights;
import llava4j.model.linear.ManyRows;
import llava4j.model.linear.PrefillMode;
import llava4j.model.linear.WideTiles;
import llava4j.quant.BlockKernel;
import llava4j.tensor.OneDnnLinear;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The kernels of a model by its size, its file and what was measured.
class ModelKernelsTest {
  private static final long LARGE = 2 * ModelKernels.LEAST_BYTES;
  private static final Map<PrefillMode, KernelFigures.Outcome> EXACT_IS_FAST =
      Map.of(PrefillMode.EXACT, new Right(Map.of(256, 1.0)));

  @TempDir Path folder;

  @Test
  void aSmallModelIsNotMeasured() {
    MachineKernels none =
        new MachineKernels(
            folder,
            () -> {
              throw new AssertionError("not needed");
            },
            () -> {
              throw new AssertionError("not needed");
            });
    assertThat(ModelKernels.of(new Weights(LARGE - 2, 0, true), none))
        .isEqualTo(ModelKernels.usual());
    assertThat(ModelKernels.of(new Weights(0, LARGE / 2 - 1, true), none))
        .isEqualTo(ModelKernels.usual());
    assertThatThrownBy(() -> ModelKernels.of(new Weights(LARGE, 0, true), none))
        .isInstanceOf(AssertionError.class);
  }

  @Test
  void aLargeModelHasTheUsualOnesUntilTheyAreMeasured() {
    MachineKernels nothing =
        new MachineKernels(
            folder,
            () -> new Machine(Map.of("threads", "2")),
            () -> {
              throw new AssertionError("not asked for");
            });
    assertThat(ModelKernels.of(new Weights(LARGE, 0, true), nothing))
        .isEqualTo(ModelKernels.usual());
  }

  @Test
  void eachWidthTakesItsFastest() {
    ModelKernels kernels =
        of(
            new Weights(LARGE, 1, true),
            KernelFiguresTest.of(few(1), few(2), EXACT_IS_FAST),
            KernelFiguresTest.of(few(2), few(1), Map.of()));
    assertThat(kernels.of(4)).isEqualTo(BlockKernel.ONNX_RUNTIME);
    assertThat(kernels.of(8)).isEqualTo(BlockKernel.PANELS);
    assertThat(kernels.products()).contains(PrefillMode.EXACT);
    assertThat(many(kernels, PrefillMode.AUTO).map(ManyRows::mode)).contains(PrefillMode.EXACT);
  }

  @Test
  void promptsFollowTheWidthOfMostWeights() {
    ModelKernels kernels =
        of(
            new Weights(1, LARGE, true),
            KernelFiguresTest.of(few(1), few(2), EXACT_IS_FAST),
            KernelFiguresTest.of(few(2), few(1), Map.of()));
    assertThat(kernels.products()).isEmpty();
    assertThat(many(kernels, PrefillMode.AUTO)).isEmpty();
  }

  @Test
  void aModeThatTheUserChoseIsTaken() {
    ModelKernels kernels =
        of(
            new Weights(LARGE, 0, true),
            KernelFiguresTest.of(few(1), few(2), Map.of()),
            KernelFiguresTest.of(few(1), few(2), Map.of()));
    assertThat(many(kernels, PrefillMode.AUTO)).isEmpty();
    assertThat(many(kernels, PrefillMode.EXACT).map(ManyRows::mode)).contains(PrefillMode.EXACT);
  }

  /// The library keeps its copy to itself, so that many rows could not read it.
  @Test
  void whatIsQuantisedWhileLoadingKeepsToPanels() {
    Weights made = new Weights(LARGE, 0, false);
    KernelFigures library = KernelFiguresTest.of(few(1), few(2), Map.of());
    assertThat(of(made, library, library).of(4)).isEqualTo(BlockKernel.PANELS);
    KernelFigures wrong = KernelFiguresTest.of(few(1), new Wrong("sums"), Map.of());
    assertThat(of(made, wrong, library).of(4)).isEqualTo(BlockKernel.ONNX_RUNTIME);
  }

  @Test
  void withoutARightKernelAModelIsRefused() {
    KernelFigures wrong =
        KernelFiguresTest.of(new Wrong("12 instead of 34"), new Wrong("NaN"), Map.of());
    KernelFigures right = KernelFiguresTest.of(few(1), few(2), Map.of());
    assertThatThrownBy(() -> of(new Weights(LARGE, 0, true), wrong, right))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("weights of 4 bits")
        .hasMessageContaining("12 instead of 34")
        .hasMessageContaining("--weights fp16");
    assertThat(of(new Weights(0, LARGE, true), wrong, right).of(8))
        .isEqualTo(BlockKernel.ONNX_RUNTIME);
  }

  /// What this machine has is right, and everything right has all its times; without waiting until
  /// Java has compiled it.
  @Test
  void theKernelsOfThisMachineAreRightAndTimed() {
    for (int bits : new int[] {4, 8}) {
      KernelFigures figures;
      try (KernelMeasurement measurement =
          new KernelMeasurement(new Race(System::nanoTime, () -> 0))) {
        figures = measurement.timed(bits, measurement.checked(bits));
      }
      assertThat(figures.kernels().keySet()).containsExactlyElementsOf(BlockKernel.available());
      assertThat(figures.kernels().values())
          .allSatisfy(outcome -> assertThat(((Right) outcome).seconds()).hasSize(3));
      assertThat(figures.products().keySet())
          .containsExactlyElementsOf(ManyRows.candidates(bits == 4));
      assertThat(figures.products().values())
          .allSatisfy(outcome -> assertThat(((Right) outcome).seconds()).hasSize(1));
    }
  }

  @Test
  void oneRowThatIsSlowerThanSomeWasDisturbed() {
    Map<BlockKernel, Double> some = Map.of(BlockKernel.ONNX_RUNTIME, 2.0, BlockKernel.PANELS, 3.0);
    assertThat(
            KernelMeasurement.isDisturbed(
                Map.of(BlockKernel.ONNX_RUNTIME, 1.0, BlockKernel.PANELS, 3.1), some))
        .isTrue();
    assertThat(
            KernelMeasurement.isDisturbed(
                Map.of(BlockKernel.ONNX_RUNTIME, 1.0, BlockKernel.PANELS, 2.0), some))
        .isFalse();
  }

  private static Optional<ManyRows> many(ModelKernels kernels, PrefillMode mode) {
    try (WideTiles tiles = new WideTiles()) {
      return kernels.manyRows(mode, true, OneDnnLinear.find(), tiles);
    }
  }

  private ModelKernels of(Weights weights, KernelFigures four, KernelFigures eight) {
    MachineKernels machine =
        new MachineKernels(
            folder.resolve(String.valueOf(System.nanoTime())),
            () -> new Machine(Map.of("threads", "2")),
            () -> new MeasuredKernels(four, eight));
    machine.measure();
    return ModelKernels.of(weights, machine);
  }

  private static Right few(double seconds) {
    return KernelFiguresTest.few(seconds, seconds, 9);
  }
}
