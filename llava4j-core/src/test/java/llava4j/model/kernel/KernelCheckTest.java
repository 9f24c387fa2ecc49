package llava4j.model.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import llava4j.model.linear.PrefillMode;
import llava4j.quant.BlockMatrix;
import llava4j.quant.BlockMatrix.Row;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// Kernels with the faults that the check is there to find.
class KernelCheckTest {
  /// What a kernel does with one output.
  enum Fault {
    NONE,
    /// Sums of pairs of products of bytes do not fit 16 bits.
    SATURATES,
    /// The last numbers of a row are left out.
    TAIL_OF_ROW,
    /// So is the last output.
    LAST_OUTPUT,
    /// Activations have one scale for the whole row.
    ONE_SCALE,
    /// A sum depends on how many rows there are.
    COMPANY,
    /// The fourth row is that of another.
    ROWS_MIXED,
    NOT_A_NUMBER
  }

  @ParameterizedTest
  @CsvSource({"4", "8"})
  void kernelsThatAreRightPass(int bits) {
    KernelCheck check = new KernelCheck(bits);
    assertThat(check.few(kernel(Fault.NONE))).isEmpty();
    for (PrefillMode mode : new PrefillMode[] {PrefillMode.EXACT, PrefillMode.BF16}) {
      assertThat(check.many(mode, kernel(Fault.NONE))).as(mode.toString()).isEmpty();
    }
    assertThat(check.many(PrefillMode.INT8, kernel(Fault.NONE))).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(value = Fault.class, names = "NONE", mode = EnumSource.Mode.EXCLUDE)
  void faultsOfFewRowsAreFound(Fault fault) {
    assertThat(new KernelCheck(8).few(kernel(fault))).isPresent();
  }

  @ParameterizedTest
  @EnumSource(
      value = Fault.class,
      names = {"NONE", "COMPANY"}, // a prompt's rows may be rounded by their number
      mode = EnumSource.Mode.EXCLUDE)
  void faultsOfManyRowsAreFound(Fault fault) {
    for (PrefillMode mode :
        new PrefillMode[] {PrefillMode.EXACT, PrefillMode.BF16, PrefillMode.INT8}) {
      assertThat(new KernelCheck(8).many(mode, kernel(fault))).as(mode.toString()).isPresent();
    }
  }

  @Test
  void theFaultIsSaid() {
    assertThat(new KernelCheck(8).few(kernel(Fault.COMPANY)))
        .isEqualTo(Optional.of("a row beside others has other bits than alone"));
    assertThat(new KernelCheck(8).few(kernel(Fault.NOT_A_NUMBER)).orElseThrow())
        .startsWith("random rows x 1: NaN instead of ");
  }

  private static KernelCheck.Product kernel(Fault fault) {
    return (matrix, rows) -> {
      int count = Math.toIntExact(rows.size(0));
      int columns = Math.toIntExact(matrix.columns());
      int outputs = Math.toIntExact(matrix.rows());
      float[] x = Tensors.toFloats(rows);
      float[] products = new float[count * outputs];
      Row row = new Row(matrix.layout(), columns);
      for (int out = 0; out < outputs; out++) {
        matrix.read(out, row);
        for (int n = 0; n < count; n++) {
          int from = fault == Fault.ROWS_MIXED && n == 3 ? 4 % count : n;
          products[n * outputs + out] = product(fault, matrix, row, x, from * columns, count);
        }
      }
      if (fault == Fault.LAST_OUTPUT) {
        products[products.length - 1] = 0;
      }
      Tensor result = Tensors.ofFloats(products, count, outputs);
      return result;
    };
  }

  private static float product(
      Fault fault, BlockMatrix matrix, Row row, float[] x, int from, int count) {
    int columns = Math.toIntExact(matrix.columns());
    float largest = 0;
    for (int i = 0; i < columns; i++) {
      largest = Math.max(largest, Math.abs(x[from + i]));
    }
    int end = fault == Fault.TAIL_OF_ROW ? columns - 3 : columns;
    double sum = fault == Fault.COMPANY ? count * 1e-5 : 0;
    for (int i = 0; i < end; i++) {
      double weight = row.value(matrix.layout(), i);
      double activation = x[from + i];
      if (fault == Fault.ONE_SCALE) {
        activation = Math.round(activation / largest * 7) * largest / 7;
      }
      if (fault == Fault.SATURATES) {
        double scale = row.scales[i / matrix.layout().blockValues()];
        // half of what a pair can hold
        double most = 16383 * scale * largest / 127;
        sum += Math.clamp((weight + 128 * scale) * activation, -most, most);
        sum -= 128 * scale * activation;
        continue;
      }
      sum += weight * activation;
    }
    return fault == Fault.NOT_A_NUMBER ? Float.NaN : (float) sum;
  }
}
