package llava4j.model.kernel;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import llava4j.model.linear.PrefillMode;
import llava4j.quant.BlockKernel;

/// What was found of the kernels for weights of one width.
///
/// @param kernels for a few rows, and for many; in the order in which equals are preferred
/// @param products for many rows alone ([llava4j.model.linear.ManyRows]), in that order
public record KernelFigures(Map<BlockKernel, Outcome> kernels, Map<PrefillMode, Outcome> products) {
  /// Rows of the measurement: one sequence, some that are decoded together, a prompt.
  public static final int ONE_ROW = 1;

  /// Rows and columns of the matrix that all times are for.
  public static final int SIDE = 4096;

  public static final int SOME_ROWS = 8;
  public static final int MANY_ROWS = 256;

  /// Times that are closer to each other are taken for equal.
  private static final double TIE = 1.05;

  /// What was found of one kernel.
  public sealed interface Outcome {}

  /// It gave the right products.
  ///
  /// @param seconds of one product, by the number of rows
  public record Right(Map<Integer, Double> seconds) implements Outcome {
    public Right {
      seconds = Map.copyOf(seconds);
    }
  }

  /// It gave wrong ones, or none, and is never taken.
  public record Wrong(String why) implements Outcome {}

  public KernelFigures {
    kernels = Collections.unmodifiableMap(new LinkedHashMap<>(kernels));
    products = Collections.unmodifiableMap(new LinkedHashMap<>(products));
  }

  /// The kernel for a few rows: the one with the least geometric mean of the times of one row and
  /// of some, for which it keeps one matrix. Of equals, ours, which keep weights in the size of
  /// their file and pack them sooner; else the first.
  ///
  /// @return empty if all are wrong
  public Optional<BlockKernel> fastest() {
    List<BlockKernel> equals = equals(kernels, KernelFigures::ofFew);
    return equals.stream()
        .filter(BlockKernel::isOurs)
        .findFirst()
        .or(() -> equals.stream().findFirst());
  }

  /// The same of the kernels whose weights can be read.
  ///
  /// @return empty if all of them are wrong
  public Optional<BlockKernel> fastestOfOurs() {
    Map<BlockKernel, Outcome> ours = new LinkedHashMap<>(kernels);
    ours.keySet().removeIf(kernel -> !kernel.isOurs());
    return equals(ours, KernelFigures::ofFew).stream().findFirst();
  }

  /// How many rows are multiplied.
  ///
  /// @param kernel the one for a few rows
  /// @return empty if that kernel does it best
  public Optional<PrefillMode> fastestProducts(BlockKernel kernel) {
    Optional<PrefillMode> fastest = equals(products, KernelFigures::ofMany).stream().findFirst();
    return kernels.get(kernel) instanceof Right same
        ? fastest.filter(mode -> ofMany((Right) products.get(mode)) <= ofMany(same) * TIE)
        : fastest;
  }

  private static double ofFew(Right right) {
    return Math.sqrt(right.seconds().get(ONE_ROW) * right.seconds().get(SOME_ROWS));
  }

  private static double ofMany(Right right) {
    return right.seconds().get(MANY_ROWS);
  }

  /// Those whose time is about the least.
  private static <K> List<K> equals(Map<K, Outcome> outcomes, ToDoubleFunction<Right> time) {
    Map<K, Double> times = new LinkedHashMap<>();
    outcomes.forEach((name, outcome) -> {
      if (outcome instanceof Right right) {
        times.put(name, time.applyAsDouble(right));
      }
    });
    double least = times.values().stream().min(Double::compare).orElse(0.0);
    return times.keySet().stream().filter(name -> times.get(name) <= least * TIE).toList();
  }
}
