package llava4j.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import llava4j.cli.doctor.Finding.Fault;
import llava4j.error.BadInputException;
import llava4j.model.kernel.KernelFigures;
import llava4j.model.kernel.KernelFigures.Outcome;
import llava4j.model.kernel.KernelFigures.Right;
import llava4j.model.kernel.KernelFigures.Wrong;
import llava4j.model.kernel.MachineKernels.Kept;
import llava4j.model.kernel.MeasuredKernels;
import llava4j.model.linear.PrefillMode;
import llava4j.quant.BlockKernel;
import org.junit.jupiter.api.Test;

/// What `llava doctor --measure-kernels` says of a measurement.
class KernelChoiceTest {
  private static final Outcome FAST = new Right(Map.of(1, 1.0, 8, 2.0, 256, 9.0));
  private static final Outcome SLOW = new Right(Map.of(1, 2.0, 8, 4.0, 256, 9.0));
  private static final Outcome WRONG = new Wrong("3 instead of 4");

  @Test
  void eachWidthHasItsKernelsAndAPlaceWhereTheyAreKept() {
    List<Finding> findings =
        of(
            figures(FAST, SLOW, Map.of(PrefillMode.INT8, new Right(Map.of(256, 3.0)))),
            figures(WRONG, SLOW, Map.of()));
    assertThat(findings.stream().map(Finding::text))
        .containsExactly(
            "weights of 4 bits: ONNX Runtime; prompts: int8",
            "weights of 8 bits: " + BlockKernel.PANELS.describe() + "; prompts: the same kernels",
            "measured in 12.3 s and kept in kernels-2-threads.json; 'llava info' of a large quantised"
                + " model shows the times");
    assertThat(findings).noneMatch(Fault.class::isInstance);
  }

  @Test
  void aWidthWithoutARightKernelIsAFault() {
    Finding four = of(figures(WRONG, WRONG, Map.of()), figures(FAST, FAST, Map.of())).getFirst();
    assertThat(four).isInstanceOf(Fault.class);
    assertThat(four.text()).contains("4 bits", "3 instead of 4");
  }

  @Test
  void aFolderThatCannotBeWrittenIsSaidByTheReport() {
    KernelChoice choice =
        new KernelChoice(() -> {
          throw new BadInputException("x cannot be written");
        });
    assertThatThrownBy(choice::run).isInstanceOf(BadInputException.class);
    assertThat(Examination.of(List.of(choice)).faults()).isOne();
  }

  private static List<Finding> of(KernelFigures four, KernelFigures eight) {
    return new KernelChoice(() ->
        new Kept(new MeasuredKernels(four, eight), 12.34, Path.of("kernels-2-threads.json")))
        .run();
  }

  private static KernelFigures figures(
      Outcome onnx, Outcome panels, Map<PrefillMode, Outcome> products) {
    Map<BlockKernel, Outcome> kernels = new LinkedHashMap<>();
    kernels.put(BlockKernel.ONNX_RUNTIME, onnx);
    kernels.put(BlockKernel.PANELS, panels);
    return new KernelFigures(kernels, products);
  }
}
