package llava4j.model;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import llava4j.model.DecoderBlock.Projected;
import llava4j.model.cache.KvCache;
import llava4j.model.cache.KvCache.KeysAndValues;
import llava4j.model.cache.KvPool;
import llava4j.model.cache.RaggedBatch;
import llava4j.quant.PagedAttention;
import llava4j.quant.PromptAttention;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// The attention of a pass over sequences with KV caches: each sequence's new tokens attend to its
/// own earlier ones and causally to each other.
///
/// New tokens read the caches where they lie, if there is a kernel for it; there is one for single
/// tokens in every type, and one for several in F16. Otherwise several new tokens of a sequence
/// read a copy of its cache in one piece, in the type of the query, so that a token's numbers are
/// the same whether it was computed alone or in a prompt, but for rounding.
final class CachedAttention implements DecoderPass.Attending {
  /// New tokens of a sequence that are attended to one by one.
  private static final int FEW = 8;

  private final RaggedBatch batch;
  private final KvPool pool;
  private final boolean bfloat;
  private final int[] firstTokens; // of each sequence's new tokens

  private final List<PagedAttention.Sequence> singles = new ArrayList<>();
  private final List<Integer> fews = new ArrayList<>(); // sequences with 2 to FEW new tokens
  private final List<Run> runs = new ArrayList<>();
  private final List<Integer> others = new ArrayList<>();

  /// @param batch whose caches have room for the new tokens
  /// @param bfloat whether prompts may use [BfloatAttention], where [PromptAttention] is not faster
  CachedAttention(RaggedBatch batch, Device device, boolean bfloat) {
    this.bfloat = bfloat;
    this.batch = batch;
    this.pool = batch.caches().getFirst().pool();
    this.firstTokens = new int[batch.size()];
    boolean inPlace = device instanceof Device.Cpu && PagedAttention.isAvailable();
    boolean severalInPlace =
        inPlace
            && PromptAttention.isAvailable(pool.layout())
            && !(bfloat && BfloatAttention.isFastest());
    int next = 0;
    for (int i = 0; i < batch.size(); i++) {
      firstTokens[i] = next;
      int count = batch.counts()[i];
      if (severalInPlace && count > 1) {
        runs.add(new Run(i, tokens(i)));
      } else if (inPlace && count <= FEW) {
        singles.addAll(oneByOne(tokens(i)));
        if (count > 1) {
          fews.add(i);
        }
      } else {
        others.add(i);
      }
      next += count;
    }
  }

  /// A sequence whose new tokens are attended to together.
  private record Run(int sequence, PromptAttention.Tokens tokens) {}

  /// The new tokens of a sequence.
  private PromptAttention.Tokens tokens(int sequence) {
    KvCache cache = batch.caches().get(sequence);
    return new PromptAttention.Tokens(
        cache.addresses(), cache.length(), batch.counts()[sequence], firstTokens[sequence]);
  }

  /// Each token by itself. The keys and values of several are in the blocks by then.
  private static List<PagedAttention.Sequence> oneByOne(PromptAttention.Tokens tokens) {
    return IntStream.range(0, tokens.count())
        .mapToObj(token ->
            new PagedAttention.Sequence(
                tokens.blocks(),
                tokens.past() + token + 1,
                tokens.row() + token,
                tokens.count() > 1))
        .toList();
  }

  @Override
  public Tensor attend(int layer, Projected projected) {
    if (singles.isEmpty() && runs.isEmpty() && others.size() == 1) {
      return several(layer, projected, 0, projected.query().size(2));
    }
    try (Scope scope = new Scope()) {
      Tensor query = projected.query(); // [1, heads, tokens, headDim]
      Tensor output = torch.empty_like(query).contiguous(); // [1, heads, tokens, headDim]
      if (!singles.isEmpty()) {
        singles(layer, projected, output);
      }
      if (!runs.isEmpty()) {
        runs(layer, projected, output);
      }
      for (int i : others) {
        try (Scope _ = new Scope()) {
          long count = batch.counts()[i];
          output
              .narrow(2, firstTokens[i], count)
              .copy_(several(layer, projected, i, count)); // [1, heads, count, headDim]
        }
      }
      return scope.keep(output);
    }
  }

  private void singles(int layer, Projected projected, Tensor output) {
    for (int i : fews) { // a later token reads what an earlier one stored
      boolean _ = write(layer, projected, i); // the kernel looks
    }
    PagedAttention.attend(
        pool.layout(), singles, layer * pool.layerBytes(), pass(projected, output));
  }

  private void runs(int layer, Projected projected, Tensor output) {
    PagedAttention.Pass pass = pass(projected, output);
    for (Run run : runs) {
      boolean finite = write(layer, projected, run.sequence());
      PromptAttention.attend(pool.layout(), run.tokens(), layer * pool.layerBytes(), pass);
      if (!finite) { // keys that are infinite in F16 could go unseen
        spoil(layer, run.tokens(), pass, output);
      }
    }
  }

  /// Makes NaN of tokens whose keys or values are not finite: of each that has such, if they are
  /// few, since a wrong guess must not harm the tokens before it; of all in a piece of a prompt.
  private void spoil(
      int layer, PromptAttention.Tokens tokens, PagedAttention.Pass pass, Tensor output) {
    if (tokens.count() > FEW) {
      Tensor _ = output.narrow(2, tokens.row(), tokens.count()).fill_(new Scalar(Float.NaN));
    } else {
      PagedAttention.attend(pool.layout(), oneByOne(tokens), layer * pool.layerBytes(), pass);
    }
  }

  /// Keys and values of a sequence's new tokens.
  ///
  /// @return whether they are finite in the cache
  private boolean write(int layer, Projected projected, int sequence) {
    try (Scope _ = new Scope()) {
      long first = firstTokens[sequence];
      long count = batch.counts()[sequence];
      return batch
          .caches()
          .get(sequence)
          .write(
              layer,
              projected.key().narrow(2, first, count),
              projected.value().narrow(2, first, count));
    }
  }

  /// Where the numbers of the pass are, which are freed with the scope around.
  private static PagedAttention.Pass pass(Projected projected, Tensor output) {
    Tensor query = projected.query().contiguous(); // [1, heads, tokens, headDim]
    Tensor key = projected.key().contiguous(); // [1, kvHeads, tokens, headDim]
    Tensor value = projected.value().contiguous(); // [1, kvHeads, tokens, headDim]
    return new PagedAttention.Pass(
        Math.toIntExact(query.size(1)),
        Math.toIntExact(query.size(2)),
        query.data_ptr().address(),
        key.data_ptr().address(),
        value.data_ptr().address(),
        output.data_ptr().address());
  }

  /// All new tokens of one sequence. [1, heads, count, headDim]
  private Tensor several(int layer, Projected projected, int sequence, long count) {
    KvCache cache = batch.caches().get(sequence);
    long first = firstTokens[sequence];
    try (Scope scope = new Scope()) {
      Tensor query = projected.query().narrow(2, first, count); // [1, heads, count, headDim]
      Tensor key = projected.key().narrow(2, first, count); // [1, kvHeads, count, headDim]
      Tensor value = projected.value().narrow(2, first, count); // [1, kvHeads, count, headDim]
      boolean _ = cache.write(layer, key, value);
      if (bfloat && count >= BfloatAttention.FEWEST_TOKENS) {
        int rows = Math.toIntExact(cache.length() + count);
        KeysAndValues all =
            cache
                .readBfloat(layer, rows)
                .orElseGet(() -> padded(cache.read(layer, rows))); // [1, kvHeads, padded, headDim]
        return scope.keep(BfloatAttention.causal(query, all.keys(), all.values(), rows));
      }
      DType type = Tensors.type(query);
      boolean fresh = cache.length() == 0;
      if (!fresh || pool.layout().type() != type) {
        int rows = Math.toIntExact(cache.length() + count);
        KeysAndValues all = cache.read(layer, rows); // [1, kvHeads, rows, headDim]
        key = all.keys().to(type.scalarType()); // [1, kvHeads, rows, headDim]
        value = all.values().to(type.scalarType()); // [1, kvHeads, rows, headDim]
      }
      Tensor allowed = fresh || count == 1 ? null : later(cache.length(), count, query);
      return scope.keep(
          Attention.attend(query, key, value, allowed, fresh && count > 1)); // [1, heads, count, d]
    }
  }

  private static KeysAndValues padded(KeysAndValues all) {
    return new KeysAndValues(
        BfloatAttention.padded(all.keys()), BfloatAttention.padded(all.values()));
  }

  /// The causal mask of tokens behind `past` others. [1, 1, tokens, keys]
  private static Tensor later(long past, long tokens, Tensor like) {
    return torch
        .ones(new long[] {tokens, past + tokens}, Tensors.options(DType.BOOL))
        .tril(past)
        .view(1, 1, tokens, past + tokens)
        .to(like.device(), DType.BOOL.scalarType());
  }
}
