package llava4j.benchmarks;

import java.io.PrintWriter;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import llava4j.config.LlavaConfig;
import llava4j.model.LlavaModel;
import llava4j.model.cache.KvCache;
import llava4j.model.load.LoadProgress;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.tensor.WeightFormat;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Whether our kernels' threads and libtorch's threads compete for the cores: decode steps in bf16
/// in a JVM without environment variables, as in an application that embeds llava4j, compared with
/// a JVM that was started with sleeping OpenMP threads. Each side runs in its own JVMs, in turns.
final class PoolsBenchmark implements Benchmark {
  private static final double BAR = 1.1;
  private static final Map<String, String> NOTHING =
      Map.of("OMP_WAIT_POLICY", "", "OPENBLAS_THREAD_TIMEOUT", "");
  private static final Map<String, String> SLEEPING = Map.of("OMP_WAIT_POLICY", "PASSIVE");
  private static final Map<String, String> SPINNING = Map.of("OMP_WAIT_POLICY", "ACTIVE");

  @Override
  public String name() {
    return "pools";
  }

  @Override
  public String description() {
    return "bf16 decode steps of 4 layers of the 7B in a JVM without environment variables, compared with"
        + " one started with sleeping OpenMP threads (1.1x); spinning threads are shown too";
  }

  @Override
  public Report run(int repeats, PrintWriter out) {
    double[] plain = new double[repeats];
    double[] sleeping = new double[repeats];
    double[] spinning = new double[repeats];
    double[] sums = new double[3 * repeats];
    for (int round = 0; round < repeats; round++) {
      Decoding first = Decoding.in(NOTHING);
      Decoding second = Decoding.in(SLEEPING);
      Decoding third = Decoding.in(SPINNING);
      plain[round] = first.millisecondsPerToken();
      sleeping[round] = second.millisecondsPerToken();
      spinning[round] = third.millisecondsPerToken();
      sums[3 * round] = first.sumOfLogits();
      sums[3 * round + 1] = second.sumOfLogits();
      sums[3 * round + 2] = third.sumOfLogits();
    }
    double spread =
        (Arrays.stream(sums).max().orElseThrow() - Arrays.stream(sums).min().orElseThrow())
            / Math.abs(sums[0]);
    Benchmark.check(spread < 1e-3, "all of them compute the same logits", out);
    double ours = new Timing(plain).median();
    double passive = new Timing(sleeping).median();
    double active = new Timing(spinning).median();
    out.printf(
        Locale.ROOT,
        "  nothing set outside: %.1f ms a token; sleeping threads: %.1f; spinning threads: %.1f%n",
        ours,
        passive,
        active);
    Report report = new Report();
    report.figure("ms_per_token", ours);
    report.figure("sleeping_ms_per_token", passive);
    report.figure("spinning_ms_per_token", active);
    report.atMost("ratio_to_sleeping", ours / passive, BAR);
    return report;
  }

  /// The values measured by one JVM.
  private record Decoding(double millisecondsPerToken, double sumOfLogits) {
    static Decoding in(Map<String, String> environment) {
      String[] parts = FreshJvm.line(Decoder.class, environment).split(" ", -1);
      return new Decoding(Double.parseDouble(parts[0]), Double.parseDouble(parts[1]));
    }
  }

  /// The main class of those JVMs: prints milliseconds per token and the sum of the last logits.
  static final class Decoder {
    private static final int LAYERS = 4;
    private static final int TOKENS = 40;

    private Decoder() {}

    public static void main(String[] arguments) {
      NativeRuntime.prepareForInference();
      LlavaConfig config = Workloads.languageOnly(LAYERS);
      try (Scope _ = new Scope();
          LlavaModel model =
              LlavaModel.load(
                  config,
                  RandomWeights.of(config),
                  "benchmark",
                  new Device.Cpu(),
                  WeightFormat.BF16,
                  LoadProgress.NONE);
          KvCache cache = model.languageModel().newCache()) {
        torch.manual_seed(16);
        Tensor row =
            torch
                .randn(new long[] {1, 1, config.text().dim()}, Tensors.options(DType.F32))
                .mul_(new Scalar(0.02)); // [1, 1, dim]
        double[] milliseconds = new double[TOKENS];
        double sum = 0;
        for (int token = 0; token < TOKENS; token++) {
          try (Scope _ = new Scope()) {
            long start = System.nanoTime();
            float[] logits = Tensors.toFloats(model.forward(row, cache));
            milliseconds[token] = (System.nanoTime() - start) / 1e6;
            sum = 0;
            for (float logit : logits) {
              sum += Math.abs(logit);
            }
          }
        }
        double[] warm = Arrays.copyOfRange(milliseconds, TOKENS / 4, TOKENS);
        System.out.println(new Timing(warm).median() + " " + sum);
      }
    }
  }
}
