package llava4j.quant;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import llava4j.tensor.DType;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.ParallelChunks;

/// Attention of single tokens over keys and values that lie in blocks: what a decode step does in
/// every layer, for any number of sequences of any lengths, without copying their caches.
///
/// libtorch's attention wants each cache in one piece and queries, keys and values of one type.
/// Here keys and values are read where they are; F16 and 8 bits are widened on the way, so that the
/// time goes into fewer bytes. Sums and softmax are in fp32.
///
/// The query heads of one group share their keys, and a group is dealt to one thread.
public final class PagedAttention {
  /// Fewer keys and values than this are not worth waking another thread for.
  static final long SMALL = 1 << 17;

  static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private PagedAttention() {}

  /// All of the process's memory: addresses are offsets into it, so that no object is made for each
  /// block that is read.
  @SuppressWarnings("restricted") // only addresses of live tensors are used
  static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  /// Whether this JVM has the kernels: they need the Vector API.
  public static boolean isAvailable() {
    return VectorSupport.isAvailable();
  }

  /// The shape of one layer's part of a block: `kvHeads` times keys, then as many times values,
  /// each `rows` of [#rowBytes].
  ///
  /// @param type F16 or F32, whose rows are `headDim` numbers; or I8, whose rows have scales behind
  ///   their numbers
  /// @param rows tokens that a block has room for
  public record Layout(DType type, int kvHeads, int headDim, int rows) {
    /// Bytes of one token's key or value in one head.
    public int rowBytes() {
      return type == DType.I8 ? ByteRow.bytes(headDim) : headDim * type.bytes();
    }

    long headBytes() {
      return (long) rows * rowBytes();
    }

    /// From a head's keys to its values.
    long valuesOffset() {
      return kvHeads * headBytes();
    }
  }

  /// One sequence and its new token.
  ///
  /// @param blocks addresses of its blocks, with room for the new token
  /// @param length tokens, the new one included
  /// @param row number of the new token among the tokens of the pass
  /// @param isStored whether its key and value are in the blocks already
  public record Sequence(long[] blocks, int length, int row, boolean isStored) {}

  /// Queries, keys and values of a pass's tokens, and what is written.
  ///
  /// @param tokens of the pass
  /// @param query address of [heads, tokens, headDim], fp32
  /// @param key address of [kvHeads, tokens, headDim], fp32
  /// @param value as key
  /// @param output address of [heads, tokens, headDim], fp32; the rows of the given sequences are
  ///   written
  public record Pass(int heads, int tokens, long query, long key, long value, long output) {}

  /// Stores each sequence's new key and value, then computes Softmax(q kᵀ / √headDim) v.
  ///
  /// @param layerOffset from a block's address to its part for the layer
  public static void attend(Layout layout, List<Sequence> sequences, long layerOffset, Pass pass) {
    attend(
        kernel(layout.type(), layout.headDim()),
        NativeRuntime.numThreads(),
        layout,
        sequences,
        layerOffset,
        pass);
  }

  static AttentionKernel kernel(DType type, int headDim) {
    return switch (type) {
      case F16 ->
          AttentionFunctions.ofProcess(headDim)
              .<AttentionKernel>map(AssembledAttentionKernel::new)
              .orElseGet(HalfAttentionKernel::new);
      case F32 -> new FloatAttentionKernel();
      case I8 -> new ByteAttentionKernel();
      case BF16, F64, I64, I32, I16, U8, BOOL ->
          throw new IllegalArgumentException("no attention over a cache of " + type);
    };
  }

  static void attend(
      AttentionKernel kernel,
      int threads,
      Layout layout,
      List<Sequence> sequences,
      long layerOffset,
      Pass pass) {
    long numbers = 0;
    int longest = 0;
    for (Sequence sequence : sequences) {
      numbers += (long) sequence.length() * layout.kvHeads() * layout.headDim();
      longest = Math.max(longest, sequence.length());
    }
    int room = longest;
    ParallelChunks.run(
        numbers < SMALL ? 1 : threads,
        (long) sequences.size() * layout.kvHeads(),
        () -> {
          Group group = new Group(kernel, layout, layerOffset, pass, room);
          return chunk ->
              group.attend(
                  sequences.get((int) (chunk / layout.kvHeads())),
                  (int) (chunk % layout.kvHeads()));
        });
  }

  /// Whether [#encode] can write rows of a layout.
  public static boolean canEncode(Layout layout) {
    return layout.type() == DType.I8
        || (layout.type() == DType.F16
            && AttentionFunctions.ofProcess(layout.headDim()).isPresent());
  }

  /// Writes some tokens' keys or values of all heads in the rows of a layout of I8 or F16.
  ///
  /// @param source address of the first token in [kvHeads, tokens, headDim], fp32
  /// @param tokens of `source`
  /// @param count of them that are written
  /// @param target address of the first head's row for the first token in a block
  /// @return whether all are finite as they are kept, unless whatever follows shows it anyway
  public static boolean encode(Layout layout, long source, int tokens, int count, long target) {
    long from = (long) tokens * layout.headDim() * Float.BYTES;
    long row = (long) layout.headDim() * Float.BYTES;
    boolean finite = true;
    for (int head = 0; head < layout.kvHeads(); head++) {
      long first = source + head * from;
      long to = target + head * layout.headBytes();
      if (layout.type() == DType.F16) {
        AttentionFunctions functions = AttentionFunctions.ofProcess(layout.headDim()).orElseThrow();
        finite &= functions.halves(first, to, (long) count * layout.headDim());
        continue;
      }
      for (int i = 0; i < count; i++) {
        ByteRow.write(first + i * row, layout.headDim(), to + (long) i * layout.rowBytes());
      }
    }
    return finite;
  }

  /// Whether [#narrow] can read rows of a layout.
  public static boolean canNarrow(Layout layout) {
    return layout.type() == DType.F16
        && AssembledRows.ofProcess(layout.headDim()).isPresent()
        && AssembledRows.forBfloat().isPresent();
  }

  /// Rounds the first tokens' keys or values of a block of F16 to bf16, and puts zeros behind them
  /// up to the end of the block.
  ///
  /// @param block address of the first head's row for the first token
  /// @param target address of the first token's place in [kvHeads, tokens, headDim], bf16
  /// @param tokens of `target`
  public static void narrow(Layout layout, long block, int count, long target, int tokens) {
    AssembledRows rows = AssembledRows.forBfloat().orElseThrow();
    long row = (long) layout.headDim() * Short.BYTES;
    for (int head = 0; head < layout.kvHeads(); head++) {
      long to = target + (long) head * tokens * row;
      rows.bfloats(block + head * layout.headBytes(), to, (long) count * layout.headDim());
      MEMORY.asSlice(to + count * row, (layout.rows() - count) * row).fill((byte) 0);
    }
  }

  /// The reverse of [#encode], into tokens of [kvHeads, tokens, headDim].
  public static void decode(Layout layout, long block, int count, long target, int tokens) {
    long to = (long) tokens * layout.headDim() * Float.BYTES;
    long row = (long) layout.headDim() * Float.BYTES;
    for (int head = 0; head < layout.kvHeads(); head++) {
      for (int i = 0; i < count; i++) {
        ByteRow.read(
            block + head * layout.headBytes() + (long) i * layout.rowBytes(),
            layout.headDim(),
            target + head * to + i * row);
      }
    }
  }

  /// One thread's work on the query heads that share one head of keys and values.
  private static final class Group {
    private final AttentionKernel kernel;
    private final Layout layout;
    private final long layerOffset;
    private final Pass pass;
    private final float[] query;
    private final float[] sums;
    private final float[] scores;
    private final float scale;

    Group(AttentionKernel kernel, Layout layout, long layerOffset, Pass pass, int longest) {
      this.kernel = kernel;
      this.layout = layout;
      this.layerOffset = layerOffset;
      this.pass = pass;
      this.query = new float[layout.headDim()];
      this.sums = new float[layout.headDim()];
      this.scores = new float[kernel.room(longest)];
      this.scale = (float) (1 / Math.sqrt(layout.headDim()));
    }

    void attend(Sequence sequence, int kvHead) {
      int headDim = layout.headDim();
      int last = sequence.length() - 1;
      long keys = layerOffset + kvHead * layout.headBytes();
      long values = keys + layout.valuesOffset();
      long rowOffset = (long) (last % layout.rows()) * layout.rowBytes();
      long lastBlock = sequence.blocks()[last / layout.rows()] + rowOffset;
      boolean finite = store(pass.key(), kvHead, sequence, lastBlock + keys);
      finite &= store(pass.value(), kvHead, sequence, lastBlock + values);
      int group = pass.heads() / layout.kvHeads();
      for (int head = kvHead * group; head < (kvHead + 1) * group; head++) {
        long output = pass.output() + place(head, sequence.row());
        kernel.load(pass.query() + place(head, sequence.row()), headDim, query);
        for (int from = 0; from < sequence.length(); from += layout.rows()) {
          int rows = Math.min(layout.rows(), sequence.length() - from);
          long block = sequence.blocks()[from / layout.rows()];
          long next = next(sequence, from, keys, sequence.blocks()[0] + values);
          kernel.scores(block + keys, rows, headDim, query, scores, from, next);
        }
        kernel.softmax(scores, sequence.length(), scale);
        java.util.Arrays.fill(sums, 0);
        for (int from = 0; from < sequence.length(); from += layout.rows()) {
          int rows = Math.min(layout.rows(), sequence.length() - from);
          long block = sequence.blocks()[from / layout.rows()];
          long next = next(sequence, from, values, sequence.blocks()[0] + keys);
          kernel.blend(block + values, rows, headDim, scores, from, sums, next);
        }
        kernel.finish(sums, headDim, output);
        for (int i = 0; i < headDim && !finite; i++) {
          MEMORY.set(FLOAT, output + (long) i * Float.BYTES, Float.NaN);
        }
      }
    }

    /// The keys or values of the block after the one that begins at token `from`.
    ///
    /// @param offset from a block's address
    /// @param otherwise after the last
    private long next(Sequence sequence, int from, long offset, long otherwise) {
      int block = from / layout.rows() + 1;
      return block * layout.rows() < sequence.length()
          ? sequence.blocks()[block] + offset
          : otherwise;
    }

    /// Stores one head of a new key or value. Whether its numbers are finite in the cache's type:
    /// the kernel of F16 takes NaN and infinity for numbers. Earlier tokens were looked at when
    /// they were new, and NaN of a prompt's tokens is in the prompt's logits.
    private boolean store(long source, int kvHead, Sequence sequence, long target) {
      return sequence.isStored()
          ? kernel.isFinite(target, layout.headDim())
          : kernel.store(source + place(kvHead, sequence.row()), layout.headDim(), target);
    }

    /// Bytes before a token's numbers in a tensor [heads, tokens, headDim].
    private long place(int head, int row) {
      return ((long) head * pass.tokens() + row) * layout.headDim() * Float.BYTES;
    }
  }
}
