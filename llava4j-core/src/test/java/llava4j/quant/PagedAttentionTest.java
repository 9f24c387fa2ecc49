package llava4j.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
import org.junit.jupiter.params.provider.EnumSource;

/// Against libtorch's attention over the same numbers in fp32.
class PagedAttentionTest {
  private static final int BLOCK = 8;

  /// Heads of whole vectors and of parts of them; whole blocks and parts; one key; several
  /// sequences of other lengths.
  @ParameterizedTest
  @CsvSource({
    "F16, 4, 4, 128, 640",
    "F16, 8, 2, 64, 33",
    "F16, 4, 2, 48, 100",
    "F16, 2, 1, 6, 5",
    "F16, 1, 1, 160, 1",
    "F32, 4, 4, 128, 640",
    "F32, 8, 2, 64, 33",
    "F32, 4, 2, 48, 100",
    "F32, 2, 1, 6, 5",
    "F32, 1, 1, 160, 1"
  })
  void itIsTheAttentionOverTheWholeCache(
      DType type, int heads, int kvHeads, int headDim, int length) {
    PagedAttention.Layout layout = new PagedAttention.Layout(type, kvHeads, headDim, BLOCK);
    int[] lengths = {length, 1, Math.max(1, length / 2), length + 3};
    try (Scope _ = new Scope()) {
      torch.manual_seed(3);
      int tokens = lengths.length;
      Tensor query = normal(1, heads, tokens, headDim);
      Tensor key = normal(1, kvHeads, tokens, headDim);
      Tensor value = normal(1, kvHeads, tokens, headDim);
      List<Tensor> caches = new ArrayList<>(); // each [blocks, layers, 2, kvHeads, BLOCK, headDim]
      List<PagedAttention.Sequence> sequences = new ArrayList<>();
      for (int i = 0; i < tokens; i++) {
        int blocks = (lengths[i] + BLOCK - 1) / BLOCK;
        Tensor cache = normal(blocks, 2, 2, kvHeads, BLOCK, headDim).to(type.scalarType());
        caches.add(cache);
        long[] addresses = new long[blocks];
        for (int block = 0; block < blocks; block++) {
          addresses[block] = cache.select(0, block).data_ptr().address();
        }
        sequences.add(new PagedAttention.Sequence(addresses, lengths[i], i, false));
      }
      for (Run run : runs(type, headDim)) {
        Tensor output = torch.full_like(query, new Scalar(Float.NaN)).contiguous();
        PagedAttention.attend(
            run.kernel(),
            run.threads(),
            layout,
            sequences,
            2L * kvHeads * BLOCK * headDim * type.bytes(), // the second layer
            new PagedAttention.Pass(
                heads,
                tokens,
                query.data_ptr().address(),
                key.data_ptr().address(),
                value.data_ptr().address(),
                output.data_ptr().address()));
        for (int i = 0; i < tokens; i++) {
          Tensor keys = inOnePiece(caches.get(i), 0, lengths[i]); // [kvHeads, length, headDim]
          Tensor values = inOnePiece(caches.get(i), 1, lengths[i]);
          double stored =
              keys.narrow(1, lengths[i] - 1L, 1)
                  .sub(key.select(0, 0).narrow(1, i, 1))
                  .abs()
                  .max()
                  .item_double();
          assertThat(stored).as("the new key").isLessThan(type == DType.F32 ? 1e-9 : 4e-3);
          Tensor expected = expected(query.narrow(2, i, 1), keys, values);
          double apart = output.narrow(2, i, 1).sub(expected).abs().max().item_double();
          assertThat(apart).as(run + ", sequence " + i).isLessThan(2e-5);
        }
      }
    }
  }

  private record Run(AttentionKernel kernel, int threads) {}

  private static List<Run> runs(DType type, int headDim) {
    List<Run> runs = new ArrayList<>();
    for (AttentionKernel kernel : kernels(type, headDim)) {
      for (int threads : new int[] {1, 2, 5}) {
        runs.add(new Run(kernel, threads));
      }
    }
    return runs;
  }

  /// The one that is taken on this machine, and the one that is taken on others.
  private static List<AttentionKernel> kernels(DType type, int headDim) {
    AttentionKernel usual = PagedAttention.kernel(type, headDim);
    return type == DType.F16 && !(usual instanceof HalfAttentionKernel)
        ? List.of(usual, new HalfAttentionKernel())
        : List.of(usual);
  }

  /// What does not fit F16 must not become a number.
  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F16", "F32"})
  void aNewTokenThatIsNoNumberGivesNaN(DType type) {
    for (float wrong : new float[] {Float.POSITIVE_INFINITY, Float.NaN, 1e6f}) {
      if (type == DType.F32 && wrong == 1e6f) {
        continue; // a number there
      }
      try (Scope _ = new Scope()) {
        torch.manual_seed(4);
        Tensor query = normal(1, 2, 1, 64);
        Tensor key = normal(1, 2, 1, 64);
        Tensor value = normal(1, 2, 1, 64);
        value.select(1, 1).narrow(2, 17, 1).fill_(new Scalar(wrong));
        Tensor cache = normal(1, 2, 2, BLOCK, 64).to(type.scalarType());
        for (AttentionKernel kernel : kernels(type, 64)) {
          Tensor output = torch.empty_like(query);
          PagedAttention.attend(
              kernel,
              1,
              new PagedAttention.Layout(type, 2, 64, BLOCK),
              List.of(
                  new PagedAttention.Sequence(
                      new long[] {cache.data_ptr().address()}, BLOCK, 0, false)),
              0,
              new PagedAttention.Pass(
                  2,
                  1,
                  query.data_ptr().address(),
                  key.data_ptr().address(),
                  value.data_ptr().address(),
                  output.data_ptr().address()));
          assertThat(output.select(1, 0).isfinite().all().item_bool()).isTrue();
          assertThat(output.select(1, 1).isfinite().all().item_bool()).isFalse();
        }
      }
    }
  }

  /// An answer must not depend on whether the JVM has compiled the kernel yet.
  @Test
  void compiledAndInterpretedKernelsGiveTheSameBits() {
    float[] scores = new float[75];
    Random random = new Random(5);
    for (int i = 0; i < scores.length; i++) {
      scores[i] = 20 * random.nextFloat() - 10;
    }
    scores[7] = -5000;
    float[] first = scores.clone();
    VectorSoftmax.softmax(first, scores.length, 0.7f);
    double sum = 0;
    for (float score : scores) {
      sum += Math.exp(score * 0.7);
    }
    for (int i = 0; i < scores.length; i++) {
      float exact = (float) (Math.exp(scores[i] * 0.7) / sum);
      assertThat(first[i]).isCloseTo(exact, within(2e-6f * exact + 1e-37f));
    }
    for (int call = 0; call < 30_000; call++) {
      float[] later = scores.clone();
      VectorSoftmax.softmax(later, scores.length, 0.7f);
      if (!Arrays.equals(first, later)) {
        assertThat(later).as("call " + call).isEqualTo(first);
      }
    }
  }

  /// [1, heads, 1, headDim]
  private static Tensor expected(Tensor query, Tensor keys, Tensor values) {
    long group = query.size(1) / keys.size(0);
    return torch.scaled_dot_product_attention(
        query,
        repeated(keys, group),
        repeated(values, group),
        Tensors.optional(null),
        0.0,
        false,
        new DoubleOptional(),
        false);
  }

  /// [kvHeads, length, headDim] -> [1, heads, length, headDim]
  private static Tensor repeated(Tensor heads, long group) {
    return heads
        .unsqueeze(1)
        .expand(heads.size(0), group, heads.size(1), heads.size(2))
        .reshape(1, heads.size(0) * group, heads.size(1), heads.size(2));
  }

  /// The second layer's keys or values in fp32. [kvHeads, length, headDim]
  private static Tensor inOnePiece(Tensor cache, long which, long length) {
    Tensor layer = cache.select(1, 1).select(1, which); // [blocks, kvHeads, BLOCK, headDim]
    return layer
        .permute(1, 0, 2, 3)
        .reshape(layer.size(1), layer.size(0) * BLOCK, layer.size(3))
        .narrow(1, 0, length)
        .to(DType.F32.scalarType());
  }

  private static Tensor normal(long... shape) {
    return torch.randn(shape, Tensors.options(DType.F32)).contiguous();
  }
}
