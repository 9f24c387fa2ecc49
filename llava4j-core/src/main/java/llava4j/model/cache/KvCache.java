package llava4j.model.cache;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntConsumer;
import llava4j.quant.PagedAttention;
import llava4j.tensor.DType;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.ParallelChunks;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// The KV cache of one sequence: a table of blocks with the keys and values of its tokens so far.
/// Blocks may be shared with other sequences that begin alike; a shared block is copied before it
/// is written to. Not thread-safe.
public final class KvCache implements AutoCloseable {
  /// With fewer, another thread is not worth waking.
  private static final int FEW_TOKENS = 16;

  private final KvPool pool;
  private final boolean ownsPool;
  private final List<KvBlock> blocks = new ArrayList<>();
  private int length;

  /// An empty cache with blocks of a pool.
  public KvCache(KvPool pool) {
    this(pool, false);
  }

  private KvCache(KvPool pool, boolean ownsPool) {
    this.pool = pool;
    this.ownsPool = ownsPool;
  }

  /// An empty cache that closes its pool, which nothing else uses.
  public static KvCache alone(KvPool pool) {
    return new KvCache(pool, true);
  }

  public KvPool pool() {
    return pool;
  }

  /// Number of tokens.
  public int length() {
    return length;
  }

  /// A cache with the same tokens, which shares all blocks. Both can grow and be closed.
  public KvCache fork() {
    KvCache other = new KvCache(pool);
    blocks.forEach(block -> other.share(block, 0));
    other.length = length;
    return other;
  }

  /// Adds a block of another sequence with `rows` more tokens. Only the last block may be in part
  /// filled.
  void share(KvBlock block, int rows) {
    blocks.add(pool.retain(block));
    length += rows;
  }

  KvBlock block(int number) {
    return blocks.get(number);
  }

  /// Makes room for `tokens` more tokens, which no other sequence sees.
  ///
  /// @throws IllegalStateException if the pool has no block left
  public void reserve(int tokens) {
    int inLast = length % KvPool.BLOCK_ROWS;
    if (inLast > 0) {
      KvBlock last = blocks.getLast();
      if (pool.isShared(last)) {
        KvBlock own = pool.take();
        blocks.set(blocks.size() - 1, own);
        own.copyFrom(last, inLast);
        pool.release(last);
      }
    }
    while (blocks.size() < KvPool.blocksFor((long) length + tokens)) {
      blocks.add(pool.take());
    }
  }

  /// Writes keys and values of new tokens of one layer, for which there is room; [#advance] has to
  /// be called after the last layer.
  ///
  /// @param key [1, kvHeads, tokens, headDim]
  /// @param value as key
  /// @return whether all are finite as they are kept, unless whatever follows shows it anyway
  public boolean write(int layer, Tensor key, Tensor value) {
    int tokens = Math.toIntExact(key.size(2));
    boolean wide = pool.isOnHost() && key.is_cpu() && Tensors.type(key) == DType.F32;
    if (pool.layout().type() == DType.I8 || (wide && PagedAttention.canEncode(pool.layout()))) {
      return encode(layer, key, value, tokens);
    }
    try (Scope _ = new Scope()) {
      Tensor keys = key.squeeze(0); // [kvHeads, tokens, headDim]
      Tensor values = value.squeeze(0); // [kvHeads, tokens, headDim]
      for (int done = 0; done < tokens; ) {
        int at = (length + done) % KvPool.BLOCK_ROWS;
        int count = Math.min(tokens - done, KvPool.BLOCK_ROWS - at);
        KvBlock block = blocks.get((length + done) / KvPool.BLOCK_ROWS);
        block.keys(layer, at, count).copy_(keys.narrow(1, done, count));
        block.values(layer, at, count).copy_(values.narrow(1, done, count));
        done += count;
      }
    }
    return true;
  }

  private boolean encode(int layer, Tensor key, Tensor value, int tokens) {
    long row = (long) pool.layout().headDim() * Float.BYTES;
    try (Scope _ = new Scope()) {
      long keys = key.contiguous().data_ptr().address(); // [1, kvHeads, tokens, headDim]
      long values = value.contiguous().data_ptr().address(); // [1, kvHeads, tokens, headDim]
      int first = length / KvPool.BLOCK_ROWS;
      AtomicBoolean finite = new AtomicBoolean(true);
      forEach(
          KvPool.blocksFor((long) length + tokens) - first,
          tokens,
          number -> {
            int start = Math.max(length, (first + number) * KvPool.BLOCK_ROWS);
            int at = start % KvPool.BLOCK_ROWS;
            int count = Math.min(length + tokens - start, KvPool.BLOCK_ROWS - at);
            long skipped = (start - length) * row;
            KvBlock block = blocks.get(first + number);
            if (!block.encode(layer, at, count, keys + skipped, values + skipped, tokens)) {
              finite.set(false);
            }
          });
      return finite.get();
    }
  }

  private KeysAndValues decode(int layer, int rows) {
    return gathered(
        DType.F32,
        rows,
        rows,
        (block, count, keys, values) -> block.decode(layer, count, keys, values, rows));
  }

  /// Copies one layer's first `rows` tokens together in bf16, and zeros behind them up to a
  /// multiple of [KvPool#BLOCK_ROWS]. Empty if there is no kernel for it.
  public Optional<KeysAndValues> readBfloat(int layer, int rows) {
    if (!PagedAttention.canNarrow(pool.layout()) || !pool.isOnHost()) {
      return Optional.empty();
    }
    int tokens = Math.toIntExact(KvPool.wholeBlocks(rows));
    return Optional.of(
        gathered(
            DType.BF16,
            rows,
            tokens,
            (block, count, keys, values) -> block.narrow(layer, count, keys, values, tokens)));
  }

  /// Reads the first tokens of a block.
  @FunctionalInterface
  private interface BlockReader {
    /// @param keys address of the first token's place in [kvHeads, tokens, headDim]
    /// @param values as keys
    void read(KvBlock block, int count, long keys, long values);
  }

  /// Keys and values of the first `rows` tokens, block by block.
  ///
  /// @param type of the result
  /// @param tokens of the result, those behind the rows included
  private KeysAndValues gathered(DType type, int rows, int tokens, BlockReader reader) {
    int headDim = pool.layout().headDim();
    long[] shape = {1, pool.layout().kvHeads(), tokens, headDim};
    try (Scope scope = new Scope()) {
      Tensor keys = torch.empty(shape, Tensors.options(type), null); // [1, kvHeads, tokens, d]
      Tensor values = torch.empty(shape, Tensors.options(type), null); // [1, kvHeads, tokens, d]
      long keysAt = keys.data_ptr().address();
      long valuesAt = values.data_ptr().address();
      forEach(
          KvPool.blocksFor(rows),
          rows,
          number -> {
            int first = number * KvPool.BLOCK_ROWS;
            int count = Math.min(KvPool.BLOCK_ROWS, rows - first);
            long skipped = (long) first * headDim * type.bytes();
            reader.read(blocks.get(number), count, keysAt + skipped, valuesAt + skipped);
          });
      return new KeysAndValues(scope.keep(keys), scope.keep(values));
    }
  }

  /// Numbers from 0, on several threads where there is much to do.
  private static void forEach(int count, int tokens, IntConsumer work) {
    int threads = tokens < FEW_TOKENS ? 1 : NativeRuntime.numThreads();
    ParallelChunks.runRows(threads, count, 1, number -> work.accept((int) number));
  }

  /// Keys and values of one layer in one piece, each [1, kvHeads, rows, headDim].
  public record KeysAndValues(Tensor keys, Tensor values) {}

  /// Copies one layer's first `rows` tokens together, those of I8 as fp32.
  public KeysAndValues read(int layer, int rows) {
    if (pool.layout().type() == DType.I8) {
      return decode(layer, rows);
    }
    try (Scope scope = new Scope()) {
      List<Tensor> keys = new ArrayList<>();
      List<Tensor> values = new ArrayList<>();
      for (int first = 0; first < rows; first += KvPool.BLOCK_ROWS) {
        int count = Math.min(KvPool.BLOCK_ROWS, rows - first);
        KvBlock block = blocks.get(first / KvPool.BLOCK_ROWS);
        keys.add(block.keys(layer, 0, count));
        values.add(block.values(layer, 0, count));
      }
      return new KeysAndValues(
          scope.keep(Tensors.concatenate(keys, 1).unsqueeze(0)), // [1, kvHeads, rows, headDim]
          scope.keep(Tensors.concatenate(values, 1).unsqueeze(0))); // [1, kvHeads, rows, headDim]
    }
  }

  /// The addresses of all blocks, on the host.
  public long[] addresses() {
    return blocks.stream().mapToLong(KvBlock::address).toArray();
  }

  /// Increases the length by `tokens`, whose keys and values are written.
  public void advance(int tokens) {
    length += tokens;
  }

  /// Removes all tokens from index `rows` on, and the blocks that held only them.
  public void truncate(int rows) {
    if (rows < 0 || rows > length) {
      throw new IllegalArgumentException("cannot cut a cache of " + length + " rows to " + rows);
    }
    length = rows;
    while (blocks.size() > KvPool.blocksFor(rows)) {
      pool.release(blocks.removeLast());
    }
  }

  /// Bytes of native memory of its blocks, shared ones included.
  public long bytes() {
    return blocks.size() * pool.blockBytes();
  }

  @Override
  public void close() {
    blocks.forEach(pool::release);
    blocks.clear();
    length = 0;
    if (ownsPool) {
      pool.close();
    }
  }
}
