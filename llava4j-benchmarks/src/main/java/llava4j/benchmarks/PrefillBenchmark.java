package llava4j.benchmarks;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import llava4j.config.LlavaConfig;
import llava4j.config.TextConfig;
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

/// Prefill of a prompt with one image, compared with only its matrix products.
final class PrefillBenchmark implements Benchmark {
  private static final double BAR = 1.15;
  private static final int ROWS = 640;
  private static final int LAYERS = 4;
  static final List<String> LINEARS =
      List.of(
          "self_attn.q_proj",
          "self_attn.k_proj",
          "self_attn.v_proj",
          "self_attn.o_proj",
          "mlp.gate_proj",
          "mlp.up_proj",
          "mlp.down_proj");

  @Override
  public String name() {
    return "prefill";
  }

  @Override
  public String description() {
    return "640 tokens through 4 layers of the 7B in fp32, compared with the matrix products alone (1.15x)";
  }

  @Override
  public Report run(int repeats, PrintWriter out) {
    LlavaConfig config = Workloads.languageOnly(LAYERS);
    RandomWeights weights = RandomWeights.shared(config);
    try (Scope _ = new Scope();
        BareProducts bare = products(config.text(), weights);
        LlavaModel model =
            LlavaModel.load(
                config,
                weights,
                "benchmark",
                new Device.Cpu(),
                WeightFormat.FP32,
                LoadProgress.NONE)) {
      Tensor rows = rows(config.text()); // [1, rows, dim]
      List<Timing> timings = Timing.alternately(1, repeats, () -> prefill(model, rows), bare::run);
      Timing prefill = timings.get(0);
      Timing products = timings.get(1);
      out.println("  prefill:         " + prefill);
      out.println("  matrix products: " + products);
      double gflops = bare.operations() / products.best() / 1e6;
      out.printf(Locale.ROOT, "  %.0f GFLOP at %.0f GFLOP/s%n", bare.operations() / 1e9, gflops);
      checkAnswer(model, rows, out);
      Report report = new Report();
      report.figure("prefill_ms", prefill.median());
      report.figure("prefill_best_ms", prefill.best());
      report.figure("products_ms", products.median());
      report.figure("products_best_ms", products.best());
      report.figure("products_gflops", gflops);
      report.figure("ratio_of_best", prefill.best() / products.best());
      report.atMost("ratio", prefill.median() / products.median(), BAR);
      return report;
    }
  }

  private static void prefill(LlavaModel model, Tensor rows) {
    try (Scope _ = new Scope();
        KvCache cache = model.languageModel().newCache()) {
      model.forward(rows, cache);
    }
  }

  private static BareProducts products(TextConfig config, RandomWeights weights) {
    BareProducts bare = new BareProducts();
    try (Scope _ = new Scope()) {
      for (int layer = 0; layer < config.numLayers(); layer++) {
        for (String linear : LINEARS) {
          bare.addLinear(
              ROWS, weights.load("language_model.layers." + layer + "." + linear + ".weight"));
        }
        bare.addAttention(config.numHeads(), ROWS, config.headDim());
      }
      bare.addOneRow(weights.load("language_model.embed_tokens.weight"));
    }
    return bare;
  }

  private static Tensor rows(TextConfig config) {
    return torch
        .randn(new long[] {1, ROWS, config.dim()}, Tensors.options(DType.F32))
        .mul_(new Scalar(0.02));
  }

  /// Checks that all tokens except the last, then the last token, give the same logits as all at
  /// once.
  private static void checkAnswer(LlavaModel model, Tensor rows, PrintWriter out) {
    try (Scope _ = new Scope();
        KvCache whole = model.languageModel().newCache();
        KvCache split = model.languageModel().newCache()) {
      float[] atOnce = Tensors.toFloats(model.forward(rows, whole));
      model.forward(rows.narrow(1, 0, ROWS - 1).contiguous(), split);
      float[] stepped =
          Tensors.toFloats(model.forward(rows.narrow(1, ROWS - 1, 1).contiguous(), split));
      double apart = Answers.relativeDifference(atOnce, stepped);
      Benchmark.check(
          apart < 1e-3,
          String.format(
              Locale.ROOT, "the last row alone behind a cache gives the same logits (%.1e)", apart),
          out);
    }
  }
}
