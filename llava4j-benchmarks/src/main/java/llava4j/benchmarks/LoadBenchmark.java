package llava4j.benchmarks;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import llava4j.checkpoint.safetensors.SafetensorsWriter;
import llava4j.checkpoint.weights.WriteListener;
import llava4j.config.LlavaConfig;
import llava4j.tensor.DType;
import llava4j.tensor.WeightFormat;

/// The peak memory while a checkpoint is loaded, compared with the memory of the loaded weights.
/// Each case runs in its own JVM.
final class LoadBenchmark implements Benchmark {
  private static final double BAR = 1.1;

  /// Type in the file and format in memory.
  private record Case(DType stored, WeightFormat format) {
    String title() {
      return stored.name().toLowerCase(Locale.ROOT) + "_file_as_" + format;
    }
  }

  private static final List<Case> CASES =
      List.of(
          new Case(DType.F16, WeightFormat.FP32),
          new Case(DType.F16, WeightFormat.AUTO),
          new Case(DType.F32, WeightFormat.FP32),
          new Case(DType.F32, WeightFormat.FP16));

  @Override
  public String name() {
    return "load";
  }

  @Override
  public String description() {
    return "peak resident memory while a 1 GB model is loaded, compared with its weights in memory"
        + " (1.1x)";
  }

  @Override
  public Report run(int repeats, PrintWriter out) {
    Report report = new Report();
    try (TemporaryFolder folder = TemporaryFolder.create()) {
      for (DType stored : List.of(DType.F16, DType.F32)) {
        Path file = folder.path().resolve(stored.name() + ".safetensors");
        LlavaConfig config = LoadedModel.config();
        try (RandomWeights weights = RandomWeights.of(config)) {
          new SafetensorsWriter(Long.MAX_VALUE)
              .write(weights, folder.path(), stored.name(), stored, WriteListener.NONE);
        }
        for (Case each : CASES) {
          if (each.stored() == stored) {
            measure(each, file, report, out);
          }
        }
      }
    }
    return report;
  }

  private static void measure(Case each, Path file, Report report, PrintWriter out) {
    LoadedModel.Figures figures = inFreshJvm(file, each.format());
    double weights = figures.weightBytes();
    double peak = (figures.peakBytes() - figures.baselineBytes()) / weights;
    double used = (figures.peakUsedBytes() - figures.baselineBytes()) / weights;
    out.printf(
        Locale.ROOT,
        "  %s: weights %.0f MB, JVM before %.0f MB, peak of loading +%.0f MB, after the first"
            + " token +%.0f MB, %.2f s%n",
        each.title(),
        weights / 1e6,
        figures.baselineBytes() / 1e6,
        (figures.peakBytes() - figures.baselineBytes()) / 1e6,
        (figures.peakUsedBytes() - figures.baselineBytes()) / 1e6,
        figures.milliseconds() / 1e3);
    report.figure(each.title() + "_ms", (double) figures.milliseconds());
    report.atMost(each.title() + "_ratio", peak, BAR);
    report.figure(each.title() + "_with_first_token_ratio", used);
  }

  private static LoadedModel.Figures inFreshJvm(Path file, WeightFormat format) {
    return LoadedModel.Figures.parse(
        FreshJvm.line(LoadedModel.class, Map.of(), file.toString(), format.toString()));
  }
}
