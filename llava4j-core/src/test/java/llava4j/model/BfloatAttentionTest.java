package llava4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Attention in bf16 against libtorch's in fp32.
class BfloatAttentionTest {
  /// bf16 has 8 bits: scores of up to 5, weights and results are each rounded by 1/512 of
  /// themselves.
  private static final float MOST_ERROR = 0.02f;

  @ParameterizedTest
  @CsvSource({
    // heads, kvHeads, tokens, past, headDim
    "4, 4, 64, 0, 32",
    "4, 4, 300, 0, 64",
    "8, 2, 129, 77, 32",
    "6, 3, 128, 1, 48",
    "2, 1, 257, 500, 128"
  })
  void equalsAttentionInFp32(int heads, int kvHeads, int tokens, int past, int headDim) {
    try (Scope _ = new Scope()) {
      torch.manual_seed(tokens);
      Tensor query = torch.randn(1, heads, tokens, headDim);
      Tensor keys = torch.randn(1, kvHeads, past + tokens, headDim).to(DType.F16.scalarType());
      Tensor values = torch.randn(1, kvHeads, past + tokens, headDim).to(DType.F16.scalarType());
      Tensor allowed =
          torch
              .ones(new long[] {tokens, past + tokens}, Tensors.options(DType.BOOL))
              .tril(past)
              .view(1, 1, tokens, past + tokens); // [1, 1, tokens, keys]
      Tensor right =
          Attention.attend(
              query,
              keys.to(DType.F32.scalarType()),
              values.to(DType.F32.scalarType()),
              allowed,
              false);
      Tensor found = causal(query, keys, values);
      assertThat(found.sizes().vec().get()).isEqualTo(right.sizes().vec().get());
      assertThat(found.sub(right).abs().max().item_float()).isLessThan(MOST_ERROR);
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 4, 65, 32", "3, 2, 300, 64"})
  void ofAllTokensToAllToo(int batch, int heads, int tokens, int headDim) {
    try (Scope _ = new Scope()) {
      Tensor query = torch.randn(batch, heads, tokens, headDim);
      Tensor key = torch.randn(batch, heads, tokens, headDim);
      Tensor value = torch.randn(batch, heads, tokens, headDim);
      Tensor right = Attention.attend(query, key, value, null, false);
      Tensor found = BfloatAttention.whole(query, key, value);
      assertThat(found.sub(right).abs().max().item_float()).isLessThan(MOST_ERROR);
    }
  }

  /// What a later token holds must not reach an earlier one.
  @Test
  void laterTokensChangeNothing() {
    try (Scope _ = new Scope()) {
      Tensor query = torch.randn(1, 2, 200, 32);
      Tensor keys = torch.randn(1, 2, 200, 32);
      Tensor values = torch.randn(1, 2, 200, 32);
      Tensor before = causal(query, keys, values).narrow(2, 0, 150);
      keys.narrow(2, 150, 50).fill_(new Scalar(100));
      values.narrow(2, 150, 50).fill_(new Scalar(1e6));
      Tensor after = causal(query, keys, values).narrow(2, 0, 150);
      assertThat(after.equal(before)).isTrue();
    }
  }

  /// Keys that are no numbers are seen by the tokens that attend to them, and only by these. (A
  /// value that is none reaches the tokens of its piece: zero times it is none either.)
  @Test
  void whatIsNoNumberIsSeen() {
    try (Scope _ = new Scope()) {
      Tensor query = torch.randn(1, 1, 96, 32);
      Tensor keys = torch.randn(1, 1, 96, 32);
      Tensor values = torch.randn(1, 1, 96, 32);
      keys.narrow(2, 70, 1).fill_(new Scalar(Double.NaN));
      Tensor found = causal(query, keys, values).isnan().all(3); // [1, 1, 96]
      assertThat(found.narrow(2, 70, 26).all().item_bool()).isTrue();
      assertThat(found.narrow(2, 0, 70).any().item_bool()).isFalse();
    }
  }

  private static Tensor causal(Tensor query, Tensor keys, Tensor values) {
    return BfloatAttention.causal(
        query, BfloatAttention.padded(keys), BfloatAttention.padded(values), keys.size(2));
  }
}
