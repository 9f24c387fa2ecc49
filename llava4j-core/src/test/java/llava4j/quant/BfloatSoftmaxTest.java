package llava4j.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Softmax in bf16 against the formula, on the Vector API and in machine code.
class BfloatSoftmaxTest {
  /// bf16 keeps 8 bits.
  private static final float ROUNDING = 1 / 256f;

  @ParameterizedTest
  @CsvSource({
    // rows, keys, chunk, firstLength
    "1, 32, 1, 1",
    "3, 32, 1, 32",
    "128, 160, 64, 90",
    "70, 96, 7, 77"
  })
  void weightsAreThoseOfTheFormula(int rows, int keys, int chunk, int firstLength) {
    try (Scope _ = new Scope()) {
      torch.manual_seed(rows);
      Tensor scores =
          torch.randn(rows, keys).mul(new Scalar(20)).to(DType.BF16.scalarType()); // [rows, keys]
      for (int row = 0; row < rows; row++) { // keys that are not seen may hold anything
        int length = firstLength + row % chunk;
        scores.select(0, row).narrow(0, length, keys - length).fill_(new Scalar(Double.NaN));
      }
      for (Optional<AssembledRows> kernels : kernels()) {
        Tensor weights = scores.clone(); // [rows, keys]
        BfloatSoftmax.causal(
            kernels,
            new BfloatSoftmax.Rows(weights.data_ptr().address(), rows, keys, chunk, firstLength),
            0.3f);
        for (int row = 0; row < rows; row++) {
          int length = firstLength + row % chunk;
          float[] found = floats(weights.select(0, row));
          float[] seen = floats(scores.select(0, row));
          double most = Double.NEGATIVE_INFINITY;
          for (int i = 0; i < length; i++) {
            most = Math.max(most, seen[i]);
          }
          double sum = 0;
          for (int i = 0; i < length; i++) {
            sum += Math.exp((seen[i] - most) * 0.3f);
          }
          for (int i = 0; i < keys; i++) {
            double right = i < length ? Math.exp((seen[i] - most) * 0.3f) / sum : 0;
            assertThat(found[i]).isCloseTo((float) right, within(ROUNDING * (float) right));
          }
        }
      }
    }
  }

  /// Weights of keys that are all infinitely far away are no numbers, and no later key gets them.
  @ParameterizedTest
  @CsvSource({"1", "5", "16", "31"})
  void whatHasNoWeightIsNoNumber(int length) {
    try (Scope _ = new Scope()) {
      for (Optional<AssembledRows> kernels : kernels()) {
        Tensor weights =
            torch
                .full(new long[] {32}, new Scalar(Double.NEGATIVE_INFINITY))
                .to(DType.BF16.scalarType()); // [keys]
        BfloatSoftmax.causal(
            kernels, new BfloatSoftmax.Rows(weights.data_ptr().address(), 1, 32, 1, length), 0.3f);
        float[] found = floats(weights);
        for (int i = 0; i < length; i++) {
          assertThat(found[i]).isNaN();
        }
      }
    }
  }

  private static List<Optional<AssembledRows>> kernels() {
    List<Optional<AssembledRows>> kernels = new ArrayList<>(List.of(Optional.empty()));
    AssembledRows.forBfloat().map(Optional::of).ifPresent(kernels::add);
    return kernels;
  }

  private static float[] floats(Tensor row) {
    return Tensors.toFloats(row.to(DType.F32.scalarType()).contiguous());
  }
}
