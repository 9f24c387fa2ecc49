package llava4j.cli.bench;

import java.util.ArrayList;
import java.util.List;
import llava4j.tensor.ByteMatMul;
import llava4j.tensor.DType;
import llava4j.tensor.OneDnnLinear;
import llava4j.tensor.Processor;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// How fast this machine multiplies matrices with the threads of a run: the best of the libraries'
/// products in fp32, bf16 and bytes, of a shape between those of a prompt.
public final class ProductSpeed {
  private static final long ROWS = 640;
  private static final long SIDE = 4096;
  private static final int ROUNDS = 4;

  private ProductSpeed() {}

  /// 10⁹ multiplications and additions a second.
  public static double gigaOperationsPerSecond() {
    try (Scope _ = new Scope()) {
      List<Runnable> products = new ArrayList<>();
      OneDnnLinear.find()
          .ifPresent(linear -> {
            for (DType type : types(Processor.ofThisMachine())) {
              Tensor rows = ones(type, ROWS); // [rows, side]
              Tensor weight = ones(type, SIDE); // [side, side]
              products.add(() -> {
                Tensor _ = linear.forward(rows, weight, null);
              });
            }
          });
      ByteMatMul.find()
          .ifPresent(bytes -> {
            Tensor rows = ones(DType.I8, ROWS); // [rows, side]
            Tensor weight = ones(DType.I8, SIDE); // [side, side]
            Tensor sums =
                torch.zeros(new long[] {ROWS, SIDE}, Tensors.options(DType.I32)); // [rows, side]
            products.add(() -> bytes.multiply(rows, weight, sums));
          });
      if (products.isEmpty()) {
        Tensor rows = ones(DType.F32, ROWS); // [rows, side]
        Tensor weight = ones(DType.F32, SIDE); // [side, side]
        products.add(() -> {
          Tensor _ = torch.linear(rows, weight);
        });
      }
      double least = products.stream().mapToDouble(ProductSpeed::seconds).min().orElseThrow();
      return 2.0 * ROWS * SIDE * SIDE / least / 1e9;
    }
  }

  private static Tensor ones(DType type, long rows) {
    return torch.ones(new long[] {rows, SIDE}, Tensors.options(type));
  }

  /// Of the fastest of some rounds.
  private static double seconds(Runnable product) {
    double best = Double.POSITIVE_INFINITY;
    for (int round = 0; round < ROUNDS; round++) {
      try (Scope _ = new Scope()) {
        long start = System.nanoTime();
        product.run();
        best = Math.min(best, (System.nanoTime() - start) / 1e9);
      }
    }
    return best;
  }

  /// What oneDNN multiplies on a processor: without instructions for bf16 it refuses that.
  static List<DType> types(Processor processor) {
    return processor.hasBf16Products() ? List.of(DType.F32, DType.BF16) : List.of(DType.F32);
  }
}
