package llava4j.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Against libtorch's attention over the same numbers in fp32.
class HalfAttentionTest {
  /// Heads of whole vectors, of parts of them, and odd; more room than tokens; padding.
  @ParameterizedTest
  @CsvSource({
    "1, 4, 4, 128, 640, 768, 0",
    "1, 8, 2, 64, 33, 256, 0",
    "3, 4, 2, 48, 100, 100, 7",
    "2, 2, 1, 6, 5, 8, 4",
    "2, 3, 3, 7, 9, 16, 2",
    "1, 1, 1, 160, 1, 256, 0"
  })
  void itIsTheAttentionOverTheWidenedCache(
      int batch, int heads, int kvHeads, int headDim, int length, int capacity, int padding) {
    try (Scope _ = new Scope()) {
      torch.manual_seed(3);
      Tensor query = normal(batch, heads, 1, headDim);
      Tensor keys = normal(batch, kvHeads, capacity, headDim).to(DType.F16.scalarType());
      Tensor values = normal(batch, kvHeads, capacity, headDim).to(DType.F16.scalarType());
      int[] firstTokens = new int[batch];
      firstTokens[batch - 1] = padding;
      Tensor expected = expected(query, keys, values, length, firstTokens);
      HalfAttention.Cache cache =
          new HalfAttention.Cache(
              keys.data_ptr().address(),
              values.data_ptr().address(),
              batch,
              kvHeads,
              headDim,
              capacity,
              length);
      for (HalfAttention.Kernel kernel :
          new HalfAttention.Kernel[] {
            new HalfAttentionVector(), new HalfAttention.PlainAttention()
          }) {
        for (int threads : new int[] {1, 2, 5}) {
          Tensor output = torch.full_like(query, new Scalar(Float.NaN)).contiguous();
          HalfAttention.attend(
              kernel,
              threads,
              query.data_ptr().address(),
              heads,
              cache,
              firstTokens,
              output.data_ptr().address());
          double apart = output.sub(expected).abs().max().item_double();
          assertThat(apart).as(kernel + ", " + threads + " threads").isLessThan(2e-5);
        }
      }
    }
  }

  /// The kernel takes infinity for a number, so it is looked for.
  @ParameterizedTest
  @CsvSource({"true, Infinity", "false, Infinity", "true, NaN", "false, NaN"})
  void aNewTokenThatIsNoNumberGivesNaN(boolean inKeys, float wrong) {
    try (Scope _ = new Scope()) {
      torch.manual_seed(4);
      int length = 10;
      Tensor query = normal(1, 2, 1, 64);
      Tensor keys = normal(1, 2, 16, 64).to(DType.F16.scalarType());
      Tensor values = normal(1, 2, 16, 64).to(DType.F16.scalarType());
      (inKeys ? keys : values)
          .select(1, 1)
          .select(1, length - 1)
          .narrow(1, 17, 1)
          .fill_(new Scalar(wrong));
      Tensor output = torch.empty_like(query);
      HalfAttention.attend(
          query.data_ptr().address(),
          2,
          new HalfAttention.Cache(
              keys.data_ptr().address(), values.data_ptr().address(), 1, 2, 64, 16, length),
          new int[1],
          output.data_ptr().address());
      assertThat(output.select(1, 0).isfinite().all().item_bool()).isTrue();
      assertThat(output.select(1, 1).isnan().all().item_bool()).isTrue();
    }
  }

  /// An answer must not depend on whether the JVM has compiled the kernel yet.
  @Test
  void compiledAndInterpretedKernelsGiveTheSameBits() {
    HalfAttentionVector kernel = new HalfAttentionVector();
    float[] scores = new float[75];
    Random random = new Random(5);
    for (int i = 0; i < scores.length; i++) {
      scores[i] = 20 * random.nextFloat() - 10;
    }
    scores[7] = -5000;
    float[] first = scores.clone();
    kernel.softmax(first, 2, scores.length, 0.7f);
    float[] plain = scores.clone();
    new HalfAttention.PlainAttention().softmax(plain, 2, scores.length, 0.7f);
    for (int i = 2; i < scores.length; i++) {
      assertThat(first[i]).isCloseTo(plain[i], within(1e-6f * plain[i] + 1e-37f));
    }
    for (int call = 0; call < 30_000; call++) {
      float[] later = scores.clone();
      kernel.softmax(later, 2, scores.length, 0.7f);
      if (!Arrays.equals(first, later)) {
        assertThat(later).as("call " + call).isEqualTo(first);
      }
    }
  }

  private static Tensor expected(
      Tensor query, Tensor keys, Tensor values, int length, int[] firstTokens) {
    Tensor output = torch.empty_like(query);
    long group = query.size(1) / keys.size(1);
    for (int row = 0; row < firstTokens.length; row++) {
      for (long head = 0; head < query.size(1); head++) {
        long first = firstTokens[row];
        Tensor attended =
            torch.scaled_dot_product_attention(
                query.select(0, row).select(0, head), // [1, headDim]
                part(keys, row, head / group, first, length),
                part(values, row, head / group, first, length),
                Tensors.optional(null),
                0.0,
                false,
                new DoubleOptional(),
                false);
        output.select(0, row).select(0, head).copy_(attended);
      }
    }
    return output;
  }

  /// [tokens, headDim]
  private static Tensor part(Tensor cache, long row, long head, long first, long end) {
    return cache
        .select(0, row)
        .select(0, head)
        .narrow(0, first, end - first)
        .to(DType.F32.scalarType());
  }

  private static Tensor normal(long... shape) {
    return torch.randn(shape, Tensors.options(DType.F32)).contiguous();
  }
}
