package llava4j.benchmarks;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import llava4j.checkpoint.gguf.GgmlType;
import llava4j.checkpoint.gguf.GgufWeights;
import llava4j.checkpoint.gguf.GgufWriter;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// The speed of decoding Q4_0 blocks of a GGUF file to 16-bit matrices.
final class BlocksBenchmark implements Benchmark {
  private static final double BAR = 1;
  private static final int MATRICES = 12;
  private static final long ROWS = 11008;
  private static final long COLUMNS = 4096;

  @Override
  public String name() {
    return "blocks";
  }

  @Override
  public String description() {
    return "decoding matrices of the 7B from Q4_0 to fp16 and bf16, in GB of the file per second (1)";
  }

  @Override
  public Report run(int repeats, PrintWriter out) {
    Report report = new Report();
    try (TemporaryFolder folder = TemporaryFolder.create()) {
      Path file = folder.path().resolve("blocks.gguf");
      write(file);
      for (DType type : List.of(DType.F16, DType.BF16)) {
        check(file, type, out);
        Timing timing = Timing.alternately(1, repeats, () -> decode(file, type)).getFirst();
        double speed = Files.size(file) / timing.median() / 1e6;
        out.printf(Locale.ROOT, "  %s: %.2f GB/s, %s%n", type, speed, timing);
        String name = type.name().toLowerCase(Locale.ROOT);
        report.figure(name + "_best_gb_per_s", Files.size(file) / timing.best() / 1e6);
        report.atLeast(name + "_gb_per_s", speed, BAR);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return report;
  }

  private static void write(Path file) {
    GgufWriter writer = new GgufWriter();
    writer.put("general.architecture", "llama");
    for (int matrix = 0; matrix < MATRICES; matrix++) {
      int seed = matrix;
      writer.addTensor(
          "matrix." + matrix, GgmlType.Q4_0, List.of(ROWS, COLUMNS), () -> random(seed));
    }
    writer.write(file, (_, _, _) -> {});
  }

  private static Tensor random(int seed) {
    try (Scope scope = new Scope()) {
      torch.manual_seed(seed);
      return scope.keep(
          torch
              .randn(new long[] {ROWS, COLUMNS}, Tensors.options(DType.F32))
              .mul_(new Scalar(0.02)));
    }
  }

  private static void decode(Path file, DType type) {
    try (GgufWeights weights = GgufWeights.open(file)) {
      for (String name : weights.tensors().keySet()) {
        try (Scope _ = new Scope()) {
          weights.load(name, type);
        }
      }
    }
  }

  private static void check(Path file, DType type, PrintWriter out) {
    try (GgufWeights weights = GgufWeights.open(file);
        Scope _ = new Scope()) {
      Tensor once = weights.load("matrix.1", type);
      Tensor twice = weights.load("matrix.1").to(type.scalarType());
      Benchmark.check(
          once.equal(twice), type + " numbers are those of fp32 rounded by libtorch", out);
    }
  }
}
