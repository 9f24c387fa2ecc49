package llava4j.benchmarks;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import llava4j.config.LlavaConfig;
import llava4j.model.LlavaModel;
import llava4j.model.cache.KvCache;
import llava4j.model.load.LoadProgress;
import llava4j.tensor.Device;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.tensor.WeightFormat;
import org.bytedeco.pytorch.Tensor;

/// The speed of decode steps while another process keeps one core busy, compared with the speed
/// without it. Quiet and busy phases alternate, so that other processes disturb both equally.
final class NeighbourBenchmark implements Benchmark {
  private static final double BAR = 0.4;
  private static final int TOKENS = 60;

  @Override
  public String name() {
    return "neighbour";
  }

  @Override
  public String description() {
    return "tokens per second of a model of the 100M class while another process uses one core fully,"
        + " compared with those without it (0.4), in fp32, bf16 and 4 bits";
  }

  @Override
  public Report run(int repeats, PrintWriter out) {
    Report report = new Report();
    for (WeightFormat format : List.of(WeightFormat.FP32, WeightFormat.BF16, WeightFormat.Q4)) {
      LlavaConfig config = Workloads.hundredMillion();
      try (LlavaModel model =
          LlavaModel.load(
              config,
              RandomWeights.of(config),
              "benchmark",
              new Device.Cpu(),
              format,
              LoadProgress.NONE)) {
        measure(model, format, repeats, report, out);
      }
    }
    return report;
  }

  private static void measure(
      LlavaModel model, WeightFormat format, int repeats, Report report, PrintWriter out) {
    float[] expected = decode(model).logits();
    double[] quiet = new double[repeats];
    double[] busy = new double[repeats];
    for (int round = 0; round < repeats; round++) {
      quiet[round] = decode(model).tokensPerSecond();
      try (BusyNeighbour _ = BusyNeighbour.start()) {
        decode(model); // until the neighbour has started
        Decoded beside = decode(model);
        busy[round] = beside.tokensPerSecond();
        Benchmark.check(
            Answers.relativeDifference(expected, beside.logits()) < 1e-4,
            format + " logits are the same with and without the other process",
            out);
      }
    }
    double without = new Timing(quiet).median();
    double with = new Timing(busy).median();
    out.printf(
        Locale.ROOT,
        "  %s: %.1f tokens/s alone, %.1f with a busy process%n",
        format,
        without,
        with);
    report.figure(format + "_quiet_tokens_per_s", without);
    report.figure(format + "_busy_tokens_per_s", with);
    report.atLeast(format + "_kept", with / without, BAR);
  }

  private record Decoded(double tokensPerSecond, float[] logits) {}

  private static Decoded decode(LlavaModel model) {
    float[] logits = new float[0];
    long start = System.nanoTime();
    try (Scope _ = new Scope();
        KvCache cache = model.languageModel().newCache()) {
      for (int token = 0; token < TOKENS; token++) {
        try (Scope _ = new Scope()) {
          Tensor row =
              model.languageModel().embed(new int[] {1 + token}).unsqueeze(0); // [1, 1, dim]
          logits = Tensors.toFloats(model.forward(row, cache));
        }
      }
    }
    return new Decoded(TOKENS / ((System.nanoTime() - start) / 1e9), logits);
  }
}
