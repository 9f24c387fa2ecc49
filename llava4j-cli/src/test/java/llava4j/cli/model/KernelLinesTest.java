package llava4j.cli.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import llava4j.error.BadInputException;
import llava4j.model.kernel.KernelFigures;
import llava4j.model.kernel.KernelFigures.Outcome;
import llava4j.model.kernel.KernelFigures.Right;
import llava4j.model.kernel.KernelFigures.Wrong;
import llava4j.model.kernel.MeasuredKernels;
import llava4j.model.kernel.ModelKernels;
import llava4j.model.linear.PrefillMode;
import llava4j.quant.BlockKernel;
import org.junit.jupiter.api.Test;

/// What `llava info` says of a measurement.
class KernelLinesTest {
  @Test
  void theChoiceTheTimesAndWhatIsWrong() {
    Map<BlockKernel, Outcome> four = new LinkedHashMap<>();
    four.put(BlockKernel.ONNX_RUNTIME, new Right(Map.of(256, 0.0654, 1, 0.00110, 8, 0.00306)));
    four.put(BlockKernel.PANELS, new Wrong("random rows x 1: 3 instead of 4"));
    Map<BlockKernel, Outcome> eight = new LinkedHashMap<>(four);
    eight.put(BlockKernel.PANELS, new Right(Map.of(1, 0.001, 8, 0.002, 256, 0.05)));
    MeasuredKernels measured =
        new MeasuredKernels(
            new KernelFigures(four, Map.of(PrefillMode.EXACT, new Right(Map.of(256, 0.012)))),
            new KernelFigures(eight, Map.of(PrefillMode.BF16, new Wrong("NaN instead of 1"))));
    ModelKernels kernels =
        new ModelKernels(
            BlockKernel.ONNX_RUNTIME,
            BlockKernel.PANELS,
            Optional.of(PrefillMode.EXACT),
            Optional.of(measured),
            Optional.empty());

    assertThat(new KernelLines(kernels, PrefillMode.AUTO).of(true))
        .containsExactly(
            "quantised rows: ONNX Runtime with 4 bits, "
                + BlockKernel.PANELS.describe()
                + " with 8 bits; prompts: exact",
            "chosen by what was measured on this machine: milliseconds for 1, 8 and 256 rows by"
                + " 4096 x 4096",
            "4 bits: onnx runtime 1.10/3.06/65.40; prompts: exact 12.00",
            "never taken for 4 bits: panels, random rows x 1: 3 instead of 4",
            "8 bits: onnx runtime 1.10/3.06/65.40, panels 1.00/2.00/50.00",
            "never taken for 8 bits: bf16, NaN instead of 1");
  }

  @Test
  void aSmallModelHasTheUsualOnes() {
    assertThat(new KernelLines(ModelKernels.usual(), PrefillMode.EXACT).of(true))
        .containsExactly(
            "quantised rows: "
                + BlockKernel.usual().describe()
                + "; prompts with 4 bits: exact, with 8 bits: exact");
  }

  /// As loading does.
  @Test
  void theOnlyKernelOfAGpuHasNoModes() {
    ModelKernels gpu = ModelKernels.ofOne(BlockKernel.NIBBLES);
    assertThat(new KernelLines(gpu, PrefillMode.AUTO).of(true))
        .containsExactly(
            "quantised rows: libtorch's products of 4 bits, 8 bits as two halves; prompts with 4"
                + " bits: widened to bf16 from 256 rows on, with 8 bits: widened to bf16 from 256"
                + " rows on");
    assertThatThrownBy(() -> new KernelLines(gpu, PrefillMode.EXACT).of(true))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("prefill in exact is for quantised weights on a processor");
  }
}
