package llava4j.benchmarks;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import llava4j.config.LlavaConfig;
import llava4j.model.LlavaModel;
import llava4j.model.cache.KvCache;
import llava4j.model.load.LoadProgress;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.tensor.WeightFormat;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// The speed at which a decode step reads the weights, compared with the memory bandwidth of the
/// machine.
final class DecodeBenchmark implements Benchmark {
  private static final double BAR = 0.6;
  private static final int LAYERS = 4;
  private static final int PROMPT_ROWS = 64;
  private static final int TOKENS_PER_REPEAT = 4;

  @Override
  public String name() {
    return "decode";
  }

  @Override
  public String description() {
    return "one token through 4 layers of the 7B and its head, in fp32, fp16 and bf16, compared with the"
        + " machine's read bandwidth (0.6 of it)";
  }

  @Override
  public Report run(int repeats, PrintWriter out) {
    Report report = new Report();
    double bandwidth;
    try (ReadBandwidth reader = new ReadBandwidth()) {
      bandwidth = reader.gigabytesPerSecond(repeats, out);
    }
    report.figure("read_bandwidth_gb_per_s", bandwidth);
    float[] exact = new float[0];
    for (WeightFormat format : List.of(WeightFormat.FP32, WeightFormat.FP16, WeightFormat.BF16)) {
      float[] logits = measure(format, repeats, bandwidth, report, out);
      if (format == WeightFormat.FP32) {
        exact = logits;
      } else {
        double apart = Answers.relativeDifference(exact, logits);
        Benchmark.check(
            apart < (format == WeightFormat.FP16 ? 2e-3 : 2e-2),
            String.format(
                Locale.ROOT, "%s logits are close to those of fp32 (%.1e)", format, apart),
            out);
      }
    }
    return report;
  }

  /// Measures one format and returns the logits after the prompt and one more token.
  private static float[] measure(
      WeightFormat format, int repeats, double bandwidth, Report report, PrintWriter out) {
    LlavaConfig config = Workloads.languageOnly(LAYERS);
    RandomWeights weights = RandomWeights.of(config);
    long numbers =
        weights.tensors().values().stream()
                .filter(info -> info.name().startsWith("language_model."))
                .mapToLong(info -> info.bytes())
                .sum()
            / Float.BYTES;
    try (Scope _ = new Scope();
        LlavaModel model =
            LlavaModel.load(
                config, weights, "benchmark", new Device.Cpu(), format, LoadProgress.NONE);
        KvCache cache = model.languageModel().newCache()) {
      Tensor prompt = rows(PROMPT_ROWS, config.text().dim()); // [1, PROMPT_ROWS, dim]
      Tensor row = prompt.narrow(1, 0, 1).contiguous(); // [1, 1, dim]
      model.forward(prompt, cache);
      float[] logits = Tensors.toFloats(model.forward(row, cache));
      Timing timing = Timing.alternately(2, repeats, () -> tokens(model, row, cache)).getFirst();
      double bytes = (double) numbers * (format == WeightFormat.FP32 ? 4 : 2);
      double token = timing.median() / TOKENS_PER_REPEAT;
      double best = timing.best() / TOKENS_PER_REPEAT;
      double speed = bytes / token / 1e6;
      out.printf(
          Locale.ROOT,
          "  %s: %.1f ms per token (best %.1f), %.2f GB of weights, %.1f GB/s%n",
          format,
          token,
          best,
          bytes / 1e9,
          speed);
      report.figure(format + "_ms_per_token", token);
      report.figure(format + "_best_ms_per_token", best);
      report.figure(format + "_gb_per_s", speed);
      report.figure(format + "_best_share", bytes / best / 1e6 / bandwidth);
      report.atLeast(format + "_share_of_bandwidth", speed / bandwidth, BAR);
      return logits;
    }
  }

  private static void tokens(LlavaModel model, Tensor row, KvCache cache) {
    for (int token = 0; token < TOKENS_PER_REPEAT; token++) {
      try (Scope _ = new Scope()) {
        model.forward(row, cache);
      }
    }
  }

  /// Returns the same rows at each call.
  private static Tensor rows(int count, int dim) {
    torch.manual_seed(16);
    return torch
        .randn(new long[] {1, count, dim}, Tensors.options(DType.F32))
        .mul_(new Scalar(0.02));
  }
}
