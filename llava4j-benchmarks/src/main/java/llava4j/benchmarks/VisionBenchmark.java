package llava4j.benchmarks;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import llava4j.config.LlavaConfig;
import llava4j.config.VisionConfig;
import llava4j.model.LlavaModel;
import llava4j.model.load.LoadProgress;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.tensor.WeightFormat;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Encoding one image, compared with only its matrix products.
final class VisionBenchmark implements Benchmark {
  private static final double BAR = 1.15;
  private static final List<String> LINEARS =
      List.of(
          "self_attn.q_proj",
          "self_attn.k_proj",
          "self_attn.v_proj",
          "self_attn.out_proj",
          "mlp.fc1",
          "mlp.fc2");

  @Override
  public String name() {
    return "vision";
  }

  @Override
  public String description() {
    return "CLIP ViT-L/14-336 in fp32, one image, compared with its matrix products alone (1.15x)";
  }

  @Override
  public Report run(int repeats, PrintWriter out) {
    LlavaConfig config = Workloads.visionOnly();
    RandomWeights weights = RandomWeights.shared(config);
    try (Scope _ = new Scope();
        BareProducts bare = products(config.vision(), weights);
        LlavaModel model =
            LlavaModel.load(
                config,
                weights,
                "benchmark",
                new Device.Cpu(),
                WeightFormat.FP32,
                LoadProgress.NONE)) {
      Tensor pixels = pixels(config.vision(), 1); // [1, 3, size, size]
      List<Timing> timings = Timing.alternately(1, repeats, () -> encode(model, pixels), bare::run);
      Timing encode = timings.get(0);
      Timing products = timings.get(1);
      out.println("  encode:          " + encode);
      out.println("  matrix products: " + products);
      double gflops = bare.operations() / products.best() / 1e6;
      out.printf(Locale.ROOT, "  %.0f GFLOP at %.0f GFLOP/s%n", bare.operations() / 1e9, gflops);
      checkAnswer(model, config.vision(), out);
      Report report = new Report();
      report.figure("encode_ms", encode.median());
      report.figure("encode_best_ms", encode.best());
      report.figure("products_ms", products.median());
      report.figure("products_best_ms", products.best());
      report.figure("products_gflops", gflops);
      report.figure("ratio_of_best", encode.best() / products.best());
      report.atMost("ratio", encode.median() / products.median(), BAR);
      return report;
    }
  }

  private static void encode(LlavaModel model, Tensor pixels) {
    try (Scope _ = new Scope()) {
      model.visionTower().forward(pixels);
    }
  }

  private static BareProducts products(VisionConfig config, RandomWeights weights) {
    String root = "vision_tower.vision_model.";
    long rows = config.numPatches() + 1L;
    BareProducts bare = new BareProducts();
    try (Scope _ = new Scope()) {
      Tensor kernel = weights.load(root + "embeddings.patch_embedding.weight");
      bare.addLinear(config.numPatches(), kernel.flatten(1, -1)); // [dim, 3 * patch * patch]
      for (int layer = 0; layer < config.layersToRun(); layer++) {
        for (String linear : LINEARS) {
          bare.addLinear(
              rows, weights.load(root + "encoder.layers." + layer + "." + linear + ".weight"));
        }
        bare.addAttention(config.numHeads(), rows, config.headDim());
      }
    }
    return bare;
  }

  private static Tensor pixels(VisionConfig config, long views) {
    return torch.randn(
        new long[] {views, 3, config.imageSize(), config.imageSize()}, Tensors.options(DType.F32));
  }

  /// Checks that two images in a batch give the same as each alone, and that different images
  /// differ.
  private static void checkAnswer(LlavaModel model, VisionConfig config, PrintWriter out) {
    try (Scope _ = new Scope()) {
      Tensor both = pixels(config, 2); // [2, 3, size, size]
      float[] together = Tensors.toFloats(model.visionTower().forward(both));
      float[] second =
          Tensors.toFloats(model.visionTower().forward(both.narrow(0, 1, 1).contiguous()));
      int half = together.length / 2;
      double apart = largestDifference(together, half, second);
      double different = largestDifference(together, 0, second);
      Benchmark.check(
          apart < 1e-3 && different > 0.1,
          String.format(
              Locale.ROOT,
              "an image in a batch equals the image alone (%.1e), and other images differ (%.1f)",
              apart,
              different),
          out);
    }
  }

  private static double largestDifference(float[] all, int start, float[] part) {
    return IntStream.range(0, part.length)
        .mapToDouble(i -> Math.abs(all[start + i] - part[i]))
        .max()
        .orElseThrow();
  }
}
