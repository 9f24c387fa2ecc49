package llava4j.model.kernel;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import llava4j.model.kernel.MadeBlocks.Numbers;
import llava4j.model.linear.PrefillMode;
import llava4j.quant.BlockMatrix;
import llava4j.quant.BlockMatrix.Layout;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/// Compares a kernel's products with plain sums, in the cases where kernels are known to go wrong:
/// numbers at the ends of their range (sums of pairs that do not fit 16 bits), numbers far above
/// the others, and lengths that fill no vector, panel or tile.
///
/// @param bits of the weights, 4 or 8
record KernelCheck(int bits) {
  /// Rows of weights: a panel of 32, half a strip, and one.
  private static final int OUTPUTS = 49;

  private static final int COLUMNS = 544;
  private static final int BLOCK = 32;

  /// Rows that are decoded together, in fours and alone.
  private static final int FEW = 9;

  /// Rows of a prompt.
  private static final int MANY = 19;

  private static final float FAR_ABOVE = 3000;
  private static final int SECOND = 2;

  /// Half a step of bf16 for weight and activation, and for the sum, which is rounded too.
  private static final double BF16_ROUNDING = 3 * 0x1p-8 * 1.02;

  /// Half a step of an activation that was rounded to 8 bits.
  private static final double BYTE_ROUNDING = 0.5 / 127 + 1e-5;

  private static final double FP32_ROUNDING = 1e-5;

  /// Multiplies; what it needs for one matrix, it makes and frees.
  interface Product {
    /// @param rows fp32, [inputs, columns]
    /// @return fp32, [inputs, matrix' rows]
    Tensor of(BlockMatrix matrix, Tensor rows);
  }

  /// How far a sum may be from the plain one.
  private interface Allowed {
    double of(double[] weights, float[] row);
  }

  /// The rows that are multiplied.
  private record Input(String name, int count, float[] values) {
    static Input of(String name, int count, float value) {
      float[] values = new float[count * COLUMNS];
      Arrays.fill(values, value);
      return new Input(name, count, values);
    }

    /// @param far each of how many rows has a number far above the others; 0 for none
    static Input random(int count, int far) {
      Random random = new Random(count);
      float[] values = new float[count * COLUMNS];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) random.nextGaussian();
      }
      for (int row = 0; far > 0 && row < count; row += far) {
        values[row * COLUMNS + row * 11 % COLUMNS] = FAR_ABOVE;
      }
      return new Input(far == 0 ? "random rows" : "rows with a massive number", count, values);
    }

    float[] row(int row) {
      return Arrays.copyOfRange(values, row * COLUMNS, (row + 1) * COLUMNS);
    }
  }

  /// What is wrong with a kernel for a few rows; empty if nothing was found.
  Optional<String> few(Product product) {
    for (int count : new int[] {1, FEW}) {
      Optional<String> wrong =
          wrong(product, count, (weights, row) -> byActivations(weights, row, BLOCK));
      if (wrong.isPresent()) {
        return wrong;
      }
    }
    return company(product);
  }

  /// What is wrong with the products of many rows in a mode; empty if nothing was found.
  Optional<String> many(PrefillMode mode, Product product) {
    return switch (mode) {
      case EXACT -> wrong(product, MANY, (weights, row) -> FP32_ROUNDING * sizes(weights, row));
      case BF16 -> wrong(product, MANY, (weights, row) -> BF16_ROUNDING * sizes(weights, row));
      case INT8 -> wrong(product, MANY, KernelCheck::byBytes);
      case AUTO -> throw new IllegalArgumentException("auto is no way to multiply");
    };
  }

  private Optional<String> wrong(Product product, int count, Allowed allowed) {
    for (Numbers numbers : Numbers.values()) {
      MadeBlocks matrix = new MadeBlocks(layout(), OUTPUTS, COLUMNS, numbers);
      for (Input input : inputs(numbers, count)) {
        Optional<String> wrong = wrong(product, matrix, input, allowed);
        if (wrong.isPresent()) {
          return wrong.map(
              what -> what + " (numbers: " + numbers.name().toLowerCase(Locale.ROOT) + ")");
        }
      }
    }
    return Optional.empty();
  }

  /// Numbers at an end of their range are multiplied by constants, where sums are largest.
  private static List<Input> inputs(Numbers numbers, int count) {
    return numbers == Numbers.RANDOM
        ? List.of(Input.random(count, 0), Input.random(count, count), Input.random(count, SECOND))
        : List.of(Input.of("rows of 1", count, 1), Input.of("rows of -1", count, -1));
  }

  private static Optional<String> wrong(
      Product product, MadeBlocks matrix, Input input, Allowed allowed) {
    float[] found = multiplied(product, matrix, input.count(), input.values());
    for (int out = 0; out < OUTPUTS; out++) {
      double[] weights = matrix.decoded(out);
      for (int n = 0; n < input.count(); n++) {
        float[] row = input.row(n);
        double sum = 0;
        for (int i = 0; i < COLUMNS; i++) {
          sum += weights[i] * row[i];
        }
        double value = found[n * OUTPUTS + out];
        if (!(Math.abs(value - sum) <= allowed.of(weights, row))) {
          return Optional.of(
              String.format(
                  Locale.ROOT,
                  "%s x %d: %.6g instead of %.6g",
                  input.name(),
                  input.count(),
                  value,
                  sum));
        }
      }
    }
    return Optional.empty();
  }

  /// With one scale for a row of weights and one for an activation's row, which loses half a step
  /// of the weights where all numbers are the same; rows with a massive number are multiplied by
  /// the kernels for blocks, or in bf16.
  private static double byBytes(double[] weights, float[] row) {
    double largest = 0;
    double size = 0;
    boolean same = true;
    for (int i = 0; i < COLUMNS; i++) {
      largest = Math.max(largest, Math.abs(weights[i]));
      size += Math.abs(row[i]);
      same &= weights[i] == weights[0] && row[i] == row[0];
      if (row[i] == FAR_ABOVE) {
        return byActivations(weights, row, BLOCK) + BF16_ROUNDING * sizes(weights, row);
      }
    }
    return same
        ? BYTE_ROUNDING * sizes(weights, row)
        : byActivations(weights, row, COLUMNS)
            + largest * size * BYTE_ROUNDING * (1 + BYTE_ROUNDING);
  }

  /// With one scale for each block of activations: each moves by half a step, or less if it is
  /// smaller than that.
  private static double byActivations(double[] weights, float[] row, int block) {
    double most = FP32_ROUNDING * sizes(weights, row);
    for (int first = 0; first < COLUMNS; first += block) {
      double largest = 0;
      for (int i = first; i < first + block; i++) {
        largest = Math.max(largest, Math.abs(row[i]));
      }
      for (int i = first; i < first + block; i++) {
        most += Math.abs(weights[i]) * Math.min(largest * BYTE_ROUNDING, Math.abs(row[i]));
      }
    }
    return most;
  }

  private static double sizes(double[] weights, float[] row) {
    double sizes = 0;
    for (int i = 0; i < COLUMNS; i++) {
      sizes += Math.abs(weights[i] * row[i]);
    }
    return sizes;
  }

  /// A row must have the same bits alone as beside others: answers depend on it.
  private Optional<String> company(Product product) {
    MadeBlocks matrix = new MadeBlocks(layout(), OUTPUTS, COLUMNS, Numbers.RANDOM);
    Input input = Input.random(FEW, 0);
    float[] together = multiplied(product, matrix, FEW, input.values());
    for (int row = 0; row < FEW; row++) {
      float[] alone = multiplied(product, matrix, 1, input.row(row));
      if (!Arrays.equals(alone, Arrays.copyOfRange(together, row * OUTPUTS, (row + 1) * OUTPUTS))) {
        return Optional.of("a row beside others has other bits than alone");
      }
    }
    return Optional.empty();
  }

  private static float[] multiplied(
      Product product, BlockMatrix matrix, int count, float[] values) {
    try (Scope _ = new Scope()) {
      return Tensors.toFloats(
          product.of(matrix, Tensors.ofFloats(values, count, COLUMNS))); // [count, OUTPUTS]
    }
  }

  private Layout layout() {
    return new Layout(bits, BLOCK, false);
  }
}
