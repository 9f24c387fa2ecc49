package llava4j.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import llava4j.assembly.InstructionSet;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// With every instruction set of the machine: against libtorch's attention, and bit by bit against
/// the attention of single tokens.
class PromptAttentionTest {
  private static final int BLOCK = 32;

  /// Heads of whole vectors and of parts of them; whole tiles of tokens and parts; with and without
  /// earlier tokens; in a pass that begins with other sequences' tokens.
  @ParameterizedTest
  @CsvSource({
    "4, 4, 128, 0, 200, 0",
    "4, 2, 64, 77, 131, 3",
    "2, 1, 40, 31, 2, 0",
    "2, 2, 24, 600, 15, 1",
    "1, 1, 8, 5, 1, 2"
  })
  void eachTokenHasTheBitsThatItHasAlone(
      int heads, int kvHeads, int headDim, int past, int count, int row) {
    assertThat(AssembledKernels.available()).as("machine code, for which this is").isNotEmpty();
    PagedAttention.Layout layout = new PagedAttention.Layout(DType.F16, kvHeads, headDim, BLOCK);
    try (Scope _ = new Scope()) {
      torch.manual_seed(5);
      int tokens = row + count + 2;
      Tensor query = normal(1, heads, tokens, headDim);
      int length = past + count;
      int blocks = Math.ceilDiv(length, BLOCK);
      Tensor cache = normal(blocks, 2, kvHeads, BLOCK, headDim).to(DType.F16.scalarType());
      unwritten(cache, length);
      long[] addresses = new long[blocks];
      for (int block = 0; block < blocks; block++) {
        addresses[block] = cache.select(0, block).data_ptr().address();
      }
      Tensor expected = expected(query.narrow(2, row, count), cache, past); // [1, heads, count, d]
      for (InstructionSet set : AssembledKernels.available()) {
        AttentionFunctions functions = new AttentionFunctions(set);
        for (int threads : new int[] {1, 2, 5}) {
          Tensor output = torch.full_like(query, new Scalar(7)).contiguous();
          PagedAttention.Pass pass =
              new PagedAttention.Pass(
                  heads, tokens, query.data_ptr().address(), 0, 0, output.data_ptr().address());
          PromptAttention.attend(
              functions,
              threads,
              new PromptAttention.Sequence(
                  layout, new PromptAttention.Tokens(addresses, past, count, row), 0, pass));
          Tensor found = output.narrow(2, row, count);
          assertThat(found.sub(expected).abs().max().item_double()).as(set + "").isLessThan(2e-5);
          assertThat(found.eq(alone(functions, layout, addresses, past, count, row, pass, query)))
              .as(set + ", " + threads + " threads")
              .matches(equal -> equal.all().item_bool());
          assertThat(output.sum().sub(found.sum()).item_double())
              .as("tokens of others are not touched")
              .isCloseTo(7.0 * heads * headDim * (tokens - count), within(1e-2));
        }
      }
    }
  }

  /// Each token by the kernel for single ones. [1, heads, count, headDim]
  private static Tensor alone(
      AttentionFunctions functions,
      PagedAttention.Layout layout,
      long[] addresses,
      int past,
      int count,
      int row,
      PagedAttention.Pass pass,
      Tensor query) {
    Tensor output = torch.zeros_like(query).contiguous(); // [1, heads, tokens, headDim]
    List<PagedAttention.Sequence> singles = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      singles.add(new PagedAttention.Sequence(addresses, past + i + 1, row + i, true));
    }
    PagedAttention.attend(
        new AssembledAttentionKernel(functions),
        2,
        layout,
        singles,
        0,
        new PagedAttention.Pass(
            pass.heads(), pass.tokens(), pass.query(), 0, 0, output.data_ptr().address()));
    return output.narrow(2, row, count);
  }

  /// What nobody wrote yet may hold anything.
  private static void unwritten(Tensor cache, int length) {
    int used = (length - 1) % BLOCK + 1;
    if (used < BLOCK) {
      Tensor _ =
          cache
              .select(0, cache.size(0) - 1)
              .narrow(2, used, BLOCK - used)
              .fill_(new Scalar(Float.NaN));
    }
  }

  private static Tensor expected(Tensor query, Tensor cache, int past) {
    int count = Math.toIntExact(query.size(2));
    long group = query.size(1) / cache.size(2);
    Tensor keys = inOnePiece(cache, 0, past + count, group);
    Tensor values = inOnePiece(cache, 1, past + count, group);
    Tensor allowed =
        torch
            .ones(new long[] {count, past + count}, Tensors.options(DType.BOOL))
            .tril(past); // [count, keys]
    return torch.scaled_dot_product_attention(
        query, keys, values, new TensorOptional(allowed), 0.0, false, new DoubleOptional(), false);
  }

  /// [1, heads, length, headDim]
  private static Tensor inOnePiece(Tensor cache, int which, int length, long group) {
    Tensor all = cache.select(1, which).to(DType.F32.scalarType()); // [blocks, kvHeads, BLOCK, d]
    return all.permute(1, 0, 2, 3)
        .reshape(all.size(1), -1, all.size(3))
        .narrow(1, 0, length)
        .repeat_interleave(
            group,
            new org.bytedeco.pytorch.LongOptional(0),
            new org.bytedeco.pytorch.LongOptional())
        .unsqueeze(0);
  }

  private static Tensor normal(long... shape) {
    return torch.randn(shape, Tensors.options(DType.F32));
  }
}
