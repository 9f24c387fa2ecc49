package llava4j.cli.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import llava4j.cli.doctor.Finding.Fault;
import llava4j.model.kernel.KernelFigures;
import llava4j.model.kernel.MachineKernels.Kept;
import llava4j.quant.BlockKernel;

/// Measures the kernels for quantised weights and keeps which are fastest.
///
/// @param measurement measures and keeps
record KernelChoice(Supplier<Kept> measurement) implements Check {
  @Override
  public String name() {
    return "choice";
  }

  @Override
  public List<Finding> run() {
    Kept kept = measurement.get();
    List<Finding> findings = new ArrayList<>();
    for (int bits : new int[] {4, 8}) {
      findings.add(of(bits, kept.measured().of(bits)));
    }
    findings.add(
        Finding.good(
            String.format(
                Locale.ROOT,
                "measured in %.1f s and kept in %s; 'llava info' of a large quantised model shows the times",
                kept.seconds(),
                kept.file())));
    return findings;
  }

  private static Finding of(int bits, KernelFigures figures) {
    Optional<BlockKernel> fastest = figures.fastest();
    if (fastest.isEmpty()) {
      return new Fault(
          "no kernel for weights of " + bits + " bits gives right products: " + figures.kernels(),
          "use --weights fp16, and please report this line");
    }
    return Finding.good(
        "weights of "
            + bits
            + " bits: "
            + fastest.get().describe()
            + "; prompts: "
            + figures
                .fastestProducts(fastest.get())
                .map(Object::toString)
                .orElse("the same kernels"));
  }
}
