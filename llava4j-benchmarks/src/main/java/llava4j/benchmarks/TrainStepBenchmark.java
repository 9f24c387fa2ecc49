package llava4j.benchmarks;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import llava4j.checkpoint.weights.ParameterTable;
import llava4j.config.TextConfig;
import llava4j.config.VisionConfig;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.Scope;
import llava4j.train.DryRun;
import org.bytedeco.pytorch.Tensor;

/// One optimiser step of stage 2, compared with only its matrix products: forward pass,
/// recomputation and backward pass.
final class TrainStepBenchmark implements Benchmark {
  private static final double BAR = 1.25;

  /// A few steps would be only a part of the warm-up, in which hardly anything is learned.
  private static final String LEARNING_AT_ONCE = "warmupRatio=0";

  @Override
  public String name() {
    return "train-step";
  }

  @Override
  public String description() {
    return "a stage 2 step of a model of the 100M class, compared with its matrix products alone (1.25x)";
  }

  @Override
  public Report run(int repeats, PrintWriter out) {
    try (TrainingWorkload workload = new TrainingWorkload();
        DryRun dryRun = new DryRun(workload.job(LEARNING_AT_ONCE))) {
      DryRun.Result first = dryRun.next();
      List<Double> losses = new ArrayList<>(List.of(first.loss()));
      double[] steps = new double[repeats];
      double[] bare = new double[repeats];
      try (BareProducts products = products(workload, first)) {
        products.run();
        NativeRuntime.useAllThreadPools();
        dryRun.next();
        for (int i = 0; i < repeats; i++) {
          DryRun.Result result = dryRun.next();
          steps[i] = 1000 * result.seconds();
          losses.add(result.loss());
          long start = System.nanoTime();
          products.run();
          bare[i] = (System.nanoTime() - start) / 1e6;
          NativeRuntime.useAllThreadPools();
        }
        Timing step = new Timing(steps);
        Timing alone = new Timing(bare);
        long parameters = ParameterTable.of(workload.config()).numParameters("");
        out.printf(
            Locale.ROOT,
            "  %.0f million parameters, %d samples, %d rows, %d of them supervised%n",
            parameters / 1e6,
            first.samples(),
            first.rows(),
            first.supervised());
        out.println("  step:            " + step);
        out.println("  matrix products: " + alone);
        double gflops = products.operations() / alone.best() / 1e6;
        out.printf(
            Locale.ROOT, "  %.0f GFLOP at %.0f GFLOP/s%n", products.operations() / 1e9, gflops);
        Benchmark.check(
            losses.getLast() < losses.getFirst() && Double.isFinite(losses.getLast()),
            "the loss falls: " + Arrays.toString(rounded(losses)),
            out);
        Report report = new Report();
        report.figure("step_ms", step.median());
        report.figure("products_ms", alone.median());
        report.figure("products_gflops", gflops);
        report.figure("ratio_of_best", step.best() / alone.best());
        report.atMost("ratio", step.median() / alone.median(), BAR);
        return report;
      }
    }
  }

  private static String[] rounded(List<Double> values) {
    return values.stream()
        .map(value -> String.format(Locale.ROOT, "%.3f", value))
        .toArray(String[]::new);
  }

  private static BareProducts products(TrainingWorkload workload, DryRun.Result step) {
    BareProducts bare = new BareProducts();
    RandomWeights weights = workload.weights();
    try (Scope _ = new Scope()) {
      addVision(bare, workload.config().vision(), weights, step.samples());
      TextConfig text = workload.config().text();
      long rowsEach = step.rows() / step.samples();
      for (int layer = 0; layer < text.numLayers(); layer++) {
        for (String linear : PrefillBenchmark.LINEARS) {
          Tensor weight = weights.load("language_model.layers." + layer + "." + linear + ".weight");
          bare.addLinear(step.rows(), weight);
          bare.addLinear(step.rows(), weight); // again in the backward pass
          bare.addLinearBackward(step.rows(), weight, true, true);
        }
        long heads = text.numHeads() * step.samples();
        bare.addAttention(heads, rowsEach, text.headDim());
        bare.addAttention(heads, rowsEach, text.headDim());
        bare.addAttentionBackward(heads, rowsEach, text.headDim());
      }
      Tensor head = weights.load("lm_head.weight");
      bare.addLinear(step.supervised(), head);
      bare.addLinearBackward(step.supervised(), head, true, true);
    }
    return bare;
  }

  private static void addVision(
      BareProducts bare, VisionConfig vision, RandomWeights weights, long views) {
    long rows = views * (vision.numPatches() + 1);
    for (int layer = 0; layer < vision.layersToRun(); layer++) {
      String prefix = "vision_tower.vision_model.encoder.layers." + layer + ".";
      for (String linear :
          List.of(
              "self_attn.q_proj",
              "self_attn.k_proj",
              "self_attn.v_proj",
              "self_attn.out_proj",
              "mlp.fc1",
              "mlp.fc2")) {
        bare.addLinear(rows, weights.load(prefix + linear + ".weight"));
      }
      bare.addAttention(views * vision.numHeads(), vision.numPatches() + 1, vision.headDim());
    }
    long imageRows = views * vision.rowsPerView();
    Tensor first = weights.load("projector.0.weight");
    Tensor second = weights.load("projector.2.weight");
    bare.addLinear(imageRows, first);
    bare.addLinear(imageRows, second);
    bare.addLinearBackward(imageRows, first, false, true);
    bare.addLinearBackward(imageRows, second, true, true);
  }
}
