package llava4j.benchmarks;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.Optional;
import llava4j.checkpoint.gguf.RowQuantizer;
import llava4j.model.linear.Linear;
import llava4j.model.linear.ManyRows;
import llava4j.model.linear.PrefillMode;
import llava4j.model.linear.WideTiles;
import llava4j.quant.BlockMatrix;
import llava4j.tensor.ByteMatMul;
import llava4j.tensor.DType;
import llava4j.tensor.OneDnnLinear;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Products of matrices of the 7B with many rows (a prompt) and with a few (sequences that are
/// decoded together).
final class RowsBenchmark implements Benchmark {
  private static final double INTEGERS_BAR = 1.2;
  private static final double FEW_BAR = 4;
  private static final long ROWS = 11008;
  private static final long COLUMNS = 4096;
  private static final long PROMPT = 640;
  private static final long FEW = 8;

  @Override
  public String name() {
    return "rows";
  }

  @Override
  public String description() {
    return "a 4-bit matrix of the 7B by 640 rows in integers, compared with bf16 or fp32 (1.2x as fast);"
        + " an fp16 matrix by 8 rows, compared with one row (at most 4x)";
  }

  @Override
  public Report run(int repeats, PrintWriter out) {
    Report report = new Report();
    try (WideTiles tiles = new WideTiles();
        Scope _ = new Scope()) {
      torch.manual_seed(0);
      Tensor matrix = torch.randn(new long[] {ROWS, COLUMNS}, Tensors.options(DType.F32));
      if (ByteMatMul.isFast()) {
        integers(matrix, tiles, repeats, report, out);
      } else {
        out.println("  not run: products in integers need VNNI");
      }
      few(matrix, tiles, repeats, report, out);
    }
    return report;
  }

  private static void integers(
      Tensor matrix, WideTiles tiles, int repeats, Report report, PrintWriter out) {
    Optional<OneDnnLinear> oneDnn = OneDnnLinear.find();
    BlockMatrix blocks = RowQuantizer.of(matrix, 4);
    ManyRows integers = ManyRows.of(PrefillMode.INT8, true, oneDnn, tiles).orElseThrow();
    ManyRows exact = ManyRows.of(PrefillMode.EXACT, true, oneDnn, tiles).orElseThrow();
    // without 4 bits, AUTO is bf16 where the processor has it
    ManyRows other = ManyRows.of(PrefillMode.AUTO, false, oneDnn, tiles).orElse(exact);
    Tensor input = torch.randn(new long[] {PROMPT, COLUMNS}, Tensors.options(DType.F32));
    Tensor right = multiply(exact, blocks, input); // [640, 11008]
    Tensor found = multiply(integers, blocks, input); // [640, 11008]
    double apart = found.sub(right).norm().item_double() / right.norm().item_double();
    Benchmark.check(
        apart < 0.02,
        String.format(Locale.ROOT, "integers give the product within 2 %% (%.4f)", apart),
        out);
    var timings =
        Timing.alternately(
            1, repeats, () -> run(integers, blocks, input), () -> run(other, blocks, input));
    double operations = 2.0 * PROMPT * ROWS * COLUMNS;
    double speed = operations / timings.get(0).best() / 1e6;
    out.printf(Locale.ROOT, "  integers: %s, %.0f GOP/s%n", timings.get(0), speed);
    out.printf(
        Locale.ROOT,
        "  bf16 or fp32: %s, %.0f GOP/s%n",
        timings.get(1),
        operations / timings.get(1).best() / 1e6);
    report.figure("integers_gop_per_s", speed);
    report.figure("other_gop_per_s", operations / timings.get(1).best() / 1e6);
    report.atLeast(
        "integers_ratio", timings.get(1).median() / timings.get(0).median(), INTEGERS_BAR);
  }

  private static void few(
      Tensor matrix, WideTiles tiles, int repeats, Report report, PrintWriter out) {
    Tensor half = matrix.to(DType.F16.scalarType()); // [11008, 4096]
    Linear linear = new Linear.Half(half, null, OneDnnLinear.find(), tiles);
    Tensor rows = torch.randn(new long[] {FEW, COLUMNS}, Tensors.options(DType.F32));
    Tensor one = rows.narrow(0, 0, 1); // [1, 4096]
    Tensor right = torch.linear(rows, half.to(DType.F32.scalarType())); // [8, 11008]
    double apart =
        linear.forward(rows).sub(right).abs().max().item_double() / right.abs().max().item_double();
    Benchmark.check(
        apart < 1e-5,
        String.format(Locale.ROOT, "eight rows give their products (%.1e)", apart),
        out);
    var timings =
        Timing.alternately(3, 4 * repeats, () -> forward(linear, rows), () -> forward(linear, one));
    out.println("  eight rows: " + timings.get(0));
    out.println("  one row:    " + timings.get(1));
    report.figure("eight_rows_ms", timings.get(0).median());
    report.figure("one_row_ms", timings.get(1).median());
    report.atMost("eight_rows_ratio", timings.get(0).median() / timings.get(1).median(), FEW_BAR);
  }

  private static void forward(Linear linear, Tensor rows) {
    try (Scope _ = new Scope()) {
      Tensor _ = linear.forward(rows);
    }
  }

  private static void run(ManyRows products, BlockMatrix blocks, Tensor input) {
    try (Scope _ = new Scope()) {
      Tensor _ = multiply(products, blocks, input);
    }
  }

  private static Tensor multiply(ManyRows products, BlockMatrix blocks, Tensor input) {
    return products.multiply(
        blocks,
        uneven -> {
          throw new Benchmark.WrongAnswerException("wrong answer: no row here is uneven");
        },
        input);
  }
}
