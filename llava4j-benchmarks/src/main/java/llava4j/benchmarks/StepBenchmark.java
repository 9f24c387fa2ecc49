package llava4j.benchmarks;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import llava4j.config.LlavaConfig;
import llava4j.model.LlavaModel;
import llava4j.model.cache.KvCache;
import llava4j.model.linear.Linear;
import llava4j.model.load.LoadProgress;
import llava4j.model.load.LoadedParameters;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.tensor.WeightFormat;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// What one decode step costs beside its matrix products: norms, rotary positions, attention, the
/// cache, and the calls themselves.
final class StepBenchmark implements Benchmark {
  private static final double SHARE_BAR = 0.15;
  private static final double SMALL_BAR_MS = 1.5;
  private static final int LAYERS = 4;
  private static final int PROMPT_TOKENS = 640;
  private static final int STEPS = 8;

  @Override
  public String name() {
    return "step";
  }

  @Override
  public String description() {
    return "one decode step behind 640 tokens, in 4 bits, without its matrix products: 4 layers of"
        + " the 7B (0.15 of the step), llava-tiny (1.5 ms)";
  }

  @Override
  public Report run(int repeats, PrintWriter out) {
    Report report = new Report();
    double[] large = measure("7B", Workloads.languageOnly(LAYERS), WeightFormat.Q4, repeats, out);
    report.figure("step_ms", large[0]);
    report.figure("products_ms", large[1]);
    double[] small = measure("small", Workloads.likeLlavaTiny(), WeightFormat.FP16, repeats, out);
    report.figure("small_step_ms", small[0]);
    report.figure("small_products_ms", small[1]);
    report.atMost("share_beside_products", 1 - large[1] / large[0], SHARE_BAR);
    report.atMost("small_ms_beside_products", small[0] - small[1], SMALL_BAR_MS);
    return report;
  }

  /// Milliseconds of a step, and of its matrix products alone.
  private static double[] measure(
      String name, LlavaConfig config, WeightFormat format, int repeats, PrintWriter out) {
    try (Scope _ = new Scope();
        LlavaModel model =
            LlavaModel.load(
                config,
                RandomWeights.of(config),
                "benchmark",
                new Device.Cpu(),
                format,
                LoadProgress.NONE);
        LoadedParameters parameters =
            new LoadedParameters(
                RandomWeights.of(config), new Device.Cpu(), format, LoadProgress.NONE);
        KvCache cache = model.languageModel().newCache()) {
      torch.manual_seed(16);
      Tensor prompt =
          torch
              .randn(new long[] {1, PROMPT_TOKENS, config.text().dim()}, Tensors.options(DType.F32))
              .mul_(new Scalar(0.02)); // [1, PROMPT_TOKENS, dim]
      Tensor token = prompt.narrow(1, 0, 1).contiguous(); // [1, 1, dim]
      model.forward(prompt, cache);
      List<Linear> products = products(config, parameters);
      List<Timing> timings =
          Timing.alternately(
              2,
              repeats,
              () -> {
                for (int step = 0; step < STEPS; step++) {
                  cache.truncate(PROMPT_TOKENS);
                  try (Scope _ = new Scope()) {
                    model.forward(token, cache);
                  }
                }
              },
              () -> {
                for (int step = 0; step < STEPS; step++) {
                  multiply(products);
                }
              });
      double step = timings.get(0).median() / STEPS;
      double alone = timings.get(1).median() / STEPS;
      out.printf(
          Locale.ROOT,
          "  %s: %.2f ms a step (best %.2f), %.2f ms its %d matrix products (best %.2f), %.3f ms a"
              + " layer for the rest%n",
          name,
          step,
          timings.get(0).best() / STEPS,
          alone,
          products.size(),
          timings.get(1).best() / STEPS,
          (step - alone) / config.text().numLayers());
      return new double[] {step, alone};
    }
  }

  private static List<Linear> products(LlavaConfig config, LoadedParameters parameters) {
    List<Linear> products = new ArrayList<>();
    for (int layer = 0; layer < config.text().numLayers(); layer++) {
      for (String linear : PrefillBenchmark.LINEARS) {
        products.add(parameters.linear("language_model.layers." + layer + "." + linear));
      }
    }
    products.add(
        config.text().tieEmbeddings()
            ? parameters.linear(parameters.table("language_model.embed_tokens.weight"), null)
            : parameters.linear("lm_head"));
    return products;
  }

  private static void multiply(List<Linear> products) {
    for (Linear product : products) {
      try (Scope _ = new Scope()) {
        product.forward(torch.ones(new long[] {1, 1, product.inDim()}, Tensors.options(DType.F32)));
      }
    }
  }
}
