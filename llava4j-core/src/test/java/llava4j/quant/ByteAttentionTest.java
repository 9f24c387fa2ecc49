package llava4j.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
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

/// Attention over keys and values in 8 bits, against libtorch's over what they decode to.
class ByteAttentionTest {
  private static final int BLOCK = 8;

  /// Heads of whole groups of 32, of one in part, of less than one.
  @ParameterizedTest
  @CsvSource({"4, 4, 128, 40", "8, 2, 64, 33", "4, 2, 48, 19", "2, 1, 6, 5", "1, 1, 160, 1"})
  void itIsTheAttentionOverTheDecodedCache(int heads, int kvHeads, int headDim, int length) {
    PagedAttention.Layout layout = new PagedAttention.Layout(DType.I8, kvHeads, headDim, BLOCK);
    try (Scope _ = new Scope()) {
      torch.manual_seed(3);
      Tensor query = normal(1, heads, 1, headDim);
      Tensor keys = normal(kvHeads, length, headDim); // the last is the new token's
      Tensor values = normal(kvHeads, length, headDim);
      Cache cache = Cache.of(layout, keys, values, length - 1);
      Tensor newKey = keys.narrow(1, length - 1, 1).contiguous(); // [kvHeads, 1, headDim]
      Tensor newValue = values.narrow(1, length - 1, 1).contiguous(); // [kvHeads, 1, headDim]
      Tensor output = torch.full_like(query, new Scalar(Float.NaN)).contiguous();
      for (int threads : new int[] {1, 3}) {
        PagedAttention.attend(
            new ByteAttentionKernel(),
            threads,
            layout,
            List.of(new PagedAttention.Sequence(cache.addresses(), length, 0, false)),
            0,
            pass(query, newKey, newValue, output));
        Tensor keptKeys = cache.decoded(length, 0); // [kvHeads, length, headDim]
        Tensor keptValues = cache.decoded(length, 1); // [kvHeads, length, headDim]
        // half a step of the largest of 32 normal numbers
        assertThat(apart(keptKeys, keys)).isLessThan(4.5 / 127 / 2);
        assertThat(apart(keptValues, values)).isLessThan(4.5 / 127 / 2).isPositive();
        assertThat(apart(output, expected(query, keptKeys, keptValues))).isLessThan(2e-5);
      }
    }
  }

  @Test
  void eachNumberIsTheNearestOfItsGroupsSteps() {
    try (Scope _ = new Scope()) {
      int headDim = 70; // two groups and one of six
      PagedAttention.Layout layout = new PagedAttention.Layout(DType.I8, 1, headDim, 1);
      assertThat(layout.rowBytes()).isEqualTo(70 + 3 * 4);
      Tensor row = normal(1, 1, headDim);
      row.narrow(2, 0, 32).fill_(new Scalar(0)); // no scale
      row.narrow(2, 40, 1).fill_(new Scalar(-1000)); // far above its neighbours
      row.narrow(2, 64, 6).mul_(new Scalar(1e-42)); // a scale would be no number
      Cache cache = Cache.of(layout, row, row, 1);
      float[] given = Tensors.toFloats(row);
      float[] kept = Tensors.toFloats(cache.decoded(1, 0));
      for (int i = 0; i < 32; i++) {
        assertThat(kept[i]).isZero();
      }
      float step = 1000f / 127;
      for (int i = 32; i < 64; i++) {
        assertThat(kept[i]).isCloseTo((float) Math.rint(given[i] / step) * step, within(1e-3f));
      }
      assertThat(kept[40]).isCloseTo(-1000f, within(1e-3f));
      for (int i = 64; i < 70; i++) {
        assertThat(kept[i]).isZero();
      }
    }
  }

  /// Of a token that is new and of one that a prompt stored.
  @Test
  void aTokenThatIsNoNumberGivesNaN() {
    PagedAttention.Layout layout = new PagedAttention.Layout(DType.I8, 2, 64, BLOCK);
    for (float wrong : new float[] {Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.NaN}) {
      for (boolean stored : new boolean[] {false, true}) {
        try (Scope _ = new Scope()) {
          torch.manual_seed(4);
          Tensor query = normal(1, 2, 1, 64);
          Tensor keys = normal(2, 3, 64);
          Tensor values = normal(2, 3, 64);
          values.select(0, 1).narrow(0, 2, 1).narrow(1, 17, 1).fill_(new Scalar(wrong));
          Cache cache = Cache.of(layout, keys, values, stored ? 3 : 2);
          Tensor output = torch.empty_like(query);
          PagedAttention.attend(
              layout,
              List.of(new PagedAttention.Sequence(cache.addresses(), 3, 0, stored)),
              0,
              pass(
                  query,
                  keys.narrow(1, 2, 1).contiguous(),
                  values.narrow(1, 2, 1).contiguous(),
                  output));
          assertThat(output.select(1, 0).isfinite().all().item_bool()).isTrue();
          assertThat(output.select(1, 1).isfinite().any().item_bool()).isFalse();
          assertThat(cache.decoded(3, 1).select(0, 1).isfinite().all().item_bool()).isFalse();
        }
      }
    }
  }

  private record Cache(PagedAttention.Layout layout, List<Tensor> blocks) {
    /// With the first `count` tokens.
    ///
    /// @param keys [kvHeads, tokens, headDim]
    static Cache of(PagedAttention.Layout layout, Tensor keys, Tensor values, int count) {
      int tokens = (int) keys.size(1);
      int number = Math.ceilDiv(tokens, layout.rows());
      List<Tensor> blocks =
          java.util.stream.Stream.generate(() ->
                  torch.zeros(
                      new long[] {2, layout.kvHeads(), layout.rows(), layout.rowBytes()},
                      Tensors.options(DType.I8)))
              .limit(number)
              .toList();
      for (int from = 0; from < count; from += layout.rows()) {
        int some = Math.min(layout.rows(), count - from);
        Tensor block = blocks.get(from / layout.rows());
        long skipped = (long) from * layout.headDim() * Float.BYTES;
        long half = block.nbytes() / 2;
        long at = block.data_ptr().address();
        PagedAttention.encode(layout, keys.data_ptr().address() + skipped, tokens, some, at);
        PagedAttention.encode(
            layout, values.data_ptr().address() + skipped, tokens, some, at + half);
      }
      return new Cache(layout, blocks);
    }

    long[] addresses() {
      return blocks.stream().mapToLong(block -> block.data_ptr().address()).toArray();
    }

    /// The keys (0) or values (1) of the first tokens. [kvHeads, length, headDim]
    Tensor decoded(int length, int which) {
      Tensor all =
          torch.empty(
              new long[] {layout.kvHeads(), length, layout.headDim()},
              Tensors.options(DType.F32),
              null);
      for (int from = 0; from < length; from += layout.rows()) {
        Tensor block = blocks.get(from / layout.rows());
        PagedAttention.decode(
            layout,
            block.data_ptr().address() + which * (block.nbytes() / 2),
            Math.min(layout.rows(), length - from),
            all.data_ptr().address() + (long) from * layout.headDim() * Float.BYTES,
            length);
      }
      return all;
    }
  }

  private static PagedAttention.Pass pass(Tensor query, Tensor key, Tensor value, Tensor output) {
    return new PagedAttention.Pass(
        (int) query.size(1),
        1,
        query.data_ptr().address(),
        key.data_ptr().address(),
        value.data_ptr().address(),
        output.data_ptr().address());
  }

  /// [1, heads, 1, headDim]
  private static Tensor expected(Tensor query, Tensor keys, Tensor values) {
    return torch.scaled_dot_product_attention(
        query,
        repeated(keys, query.size(1)),
        repeated(values, query.size(1)),
        Tensors.optional(null),
        0.0,
        false,
        new DoubleOptional(),
        false);
  }

  /// [kvHeads, length, headDim] -> [1, heads, length, headDim]
  private static Tensor repeated(Tensor kept, long heads) {
    return kept.repeat_interleave(
            heads / kept.size(0),
            new org.bytedeco.pytorch.LongOptional(0),
            new org.bytedeco.pytorch.LongOptional())
        .unsqueeze(0);
  }

  private static double apart(Tensor a, Tensor b) {
    return a.sub(b).abs().max().item_double();
  }

  private static Tensor normal(long... shape) {
    return torch.randn(shape, Tensors.options(DType.F32)).contiguous();
  }
}
