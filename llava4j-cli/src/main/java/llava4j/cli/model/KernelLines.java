package llava4j.cli.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import llava4j.model.kernel.KernelFigures;
import llava4j.model.kernel.KernelFigures.Outcome;
import llava4j.model.kernel.KernelFigures.Right;
import llava4j.model.kernel.KernelFigures.Wrong;
import llava4j.model.kernel.MeasuredKernels;
import llava4j.model.kernel.ModelKernels;
import llava4j.model.linear.PrefillMode;

/// What `llava info` says about the kernels for quantised weights: which are taken, and what was
/// measured.
record KernelLines(ModelKernels kernels, PrefillMode prefill) {
  /// @param haveFourBits whether most quantised weights have 4 bits
  List<String> of(boolean haveFourBits) {
    List<String> lines = new ArrayList<>();
    String rows = "quantised rows: " + rows();
    if (kernels.measured().isEmpty()) {
      lines.add(
          rows
              + "; prompts with 4 bits: "
              + kernels.describeManyRows(prefill, true)
              + ", with 8 bits: "
              + kernels.describeManyRows(prefill, false));
      return lines;
    }
    lines.add(rows + "; prompts: " + kernels.describeManyRows(prefill, haveFourBits));
    MeasuredKernels measured = kernels.measured().get();
    lines.add(
        "chosen by what was measured on this machine: milliseconds for "
            + KernelFigures.ONE_ROW
            + ", "
            + KernelFigures.SOME_ROWS
            + " and "
            + KernelFigures.MANY_ROWS
            + " rows by "
            + KernelFigures.SIDE
            + " x "
            + KernelFigures.SIDE);
    for (int bits : new int[] {4, 8}) {
      KernelFigures figures = measured.of(bits);
      lines.add(
          bits
              + " bits: "
              + Stream.of(times(figures.kernels()), times(figures.products()))
                  .filter(times -> !times.isEmpty())
                  .collect(Collectors.joining("; prompts: ")));
      addWrong(figures.kernels(), bits, lines);
      addWrong(figures.products(), bits, lines);
    }
    return lines;
  }

  private String rows() {
    String four = kernels.fourBits().describe();
    String eight = kernels.eightBits().describe();
    return four.equals(eight) ? four : four + " with 4 bits, " + eight + " with 8 bits";
  }

  private static String times(Map<?, Outcome> outcomes) {
    return outcomes.entrySet().stream()
        .filter(entry -> entry.getValue() instanceof Right)
        .map(entry -> name(entry.getKey()) + " " + milliseconds((Right) entry.getValue()))
        .collect(Collectors.joining(", "));
  }

  private static String milliseconds(Right right) {
    return new TreeMap<>(right.seconds())
        .values().stream()
            .map(seconds -> String.format(Locale.ROOT, "%.2f", seconds * 1e3))
            .collect(Collectors.joining("/"));
  }

  private static void addWrong(Map<?, Outcome> outcomes, int bits, List<String> lines) {
    outcomes.forEach((name, outcome) -> {
      if (outcome instanceof Wrong wrong) {
        lines.add("never taken for " + bits + " bits: " + name(name) + ", " + wrong.why());
      }
    });
  }

  private static String name(Object kernel) {
    return kernel.toString().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
