package llava4j.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// bfloat16 goes another way than fp32 on a processor; both must see the same rows.
final class AttentionTest {
  private static final long TOKENS = 9;
  private static final double BFLOAT16 = 2e-2; // a few roundings to 8 bits, values of about 1

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void bfloat16LooksAtTheSameRows(boolean causal) {
    try (Scope _ = new Scope()) {
      Tensor query = heads(1, 4); // [2, 4, tokens, 8]
      Tensor key = heads(2, 2); // [2, 2, tokens, 8]
      Tensor value = heads(3, 2); // [2, 2, tokens, 8]
      assertClose(
          Attention.attend(query, key, value, null, causal),
          Attention.attend(narrow(query), narrow(key), narrow(value), null, causal));
    }
  }

  @Test
  void bfloat16KeepsToTheMask() {
    try (Scope _ = new Scope()) {
      Tensor query = heads(1, 4); // [2, 4, tokens, 8]
      Tensor key = heads(2, 4); // [2, 4, tokens, 8]
      Tensor value = heads(3, 4); // [2, 4, tokens, 8]
      Tensor mask =
          torch
              .ones(new long[] {2, 1, TOKENS, TOKENS}, new TensorOptions())
              .tril()
              .to(torch.ScalarType.Bool); // [2, 1, tokens, tokens]
      mask.narrow(0, 1, 1).narrow(3, 0, 1).narrow(2, 1, TOKENS - 1).fill_(new Scalar(0)); // padding
      assertClose(
          Attention.attend(query, key, value, mask, false),
          Attention.attend(narrow(query), narrow(key), narrow(value), mask, false));
    }
  }

  /// Values that bfloat16 holds exactly. [2, heads, tokens, 8]
  private static Tensor heads(int seed, int heads) {
    float[] values = new float[Math.toIntExact(2L * heads * TOKENS * 8)];
    java.util.Random random = new java.util.Random(seed);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    Tensor exact = Tensors.ofFloats(values, 2, heads, TOKENS, 8); // [2, heads, tokens, 8]
    return narrow(exact).to(torch.ScalarType.Float);
  }

  private static Tensor narrow(Tensor tensor) {
    return tensor.to(torch.ScalarType.BFloat16);
  }

  private static void assertClose(Tensor wide, Tensor narrow) {
    double worst = narrow.to(torch.ScalarType.Float).sub(wide).abs().max().item_double();
    assertEquals(0, worst, BFLOAT16);
  }
}
