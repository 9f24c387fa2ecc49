package llava4j.cli.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import llava4j.cli.bench.ReadSpeed;
import llava4j.cli.doctor.Finding.Advice;
import llava4j.cli.doctor.Finding.Figure;
import llava4j.cli.doctor.Finding.Good;
import llava4j.cli.doctor.Finding.NotRun;
import llava4j.tensor.OneDnnLinear;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// fp32 matrix products of libtorch, and how fast memory is read.
///
/// @param threads of a product
record MatrixSpeed(int threads) implements Check {
  private static final int ROUNDS = 8;
  private static final int TIMED = 1024;
  private static final int ROWS = 33;
  private static final int COLUMNS = 519;
  private static final int OUTPUTS = 67;

  @Override
  public String name() {
    return "speed";
  }

  @Override
  public List<Finding> run() {
    List<Finding> findings = new ArrayList<>();
    try (Scope _ = new Scope()) {
      Optional<OneDnnLinear> linear = OneDnnLinear.find();
      if (linear.isEmpty()) {
        findings.add(
            new Advice(
                "libtorch has no oneDNN here, so that images and prompts take longer",
                "use a build of llava for this platform"));
      }
      Product product =
          linear
              .<Product>map(found -> (x, w) -> found.forward(x, w, null))
              .orElse((x, w) -> x.matmul(w.t()));
      findings.add(product(product));
    }
    double read = ReadSpeed.gigabytesPerSecond(threads);
    findings.add(
        Double.isNaN(read)
            ? new NotRun("how fast memory is read: there is too little memory")
            : new Good(
                String.format(Locale.ROOT, "memory is read at %.1f GB/s", read),
                List.of(new Figure("gigabytes_per_second", read))));
    return findings;
  }

  /// x Wᵀ.
  private interface Product {
    Tensor of(Tensor x, Tensor weight);
  }

  private static Finding product(Product product) {
    Trial trial = new Trial("fp32 matrix product", "unset ONEDNN_*, DNNL_* and ATEN_* variables");
    Random random = new Random(11);
    for (Numbers numbers : Numbers.values()) {
      float[] x = numbers.floats(random, ROWS * COLUMNS);
      float[] weights = numbers.floats(random, OUTPUTS * COLUMNS);
      float[] found;
      try (Scope _ = new Scope()) {
        found =
            Tensors.toFloats(
                product.of(
                    Tensors.ofFloats(x, ROWS, COLUMNS),
                    Tensors.ofFloats(weights, OUTPUTS, COLUMNS)));
      }
      for (int row = 0; row < ROWS; row++) {
        for (int out = 0; out < OUTPUTS; out++) {
          double sum = 0;
          double magnitude = 0;
          for (int i = 0; i < COLUMNS; i++) {
            double term = (double) x[row * COLUMNS + i] * weights[out * COLUMNS + i];
            sum += term;
            magnitude += Math.abs(term);
          }
          double allowed = magnitude * COLUMNS * 0x1p-24;
          trial.expect(found[row * OUTPUTS + out], sum, allowed, numbers.toString());
        }
      }
    }
    try (Scope _ = new Scope()) {
      Tensor square = torch.ones(new long[] {TIMED, TIMED});
      double seconds =
          Trial.best(
              ROUNDS,
              () -> {
                try (Scope _ = new Scope()) {
                  Tensor _ = product.of(square, square);
                }
              });
      trial.timed("1024 x 1024 x 1024", seconds, 2.0 * TIMED * TIMED * TIMED / 1e9, "GFLOP/s");
    }
    return trial.finding();
  }
}
