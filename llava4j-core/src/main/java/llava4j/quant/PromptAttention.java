package llava4j.quant;

import static llava4j.quant.PagedAttention.FLOAT;
import static llava4j.quant.PagedAttention.MEMORY;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import llava4j.quant.AttentionFunctions.Shape;
import llava4j.quant.PagedAttention.Layout;
import llava4j.quant.PagedAttention.Pass;
import llava4j.tensor.DType;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.ParallelChunks;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Causal attention of several new tokens of a sequence over keys and values in F16 that lie in
/// blocks. Some tokens that follow each other read a key or value together.
///
/// A token's numbers have the bits that [PagedAttention] gives it when it comes alone. So an answer
/// does not depend on the pieces in which its prompt was read, or on what of it was known.
public final class PromptAttention {
  /// Tokens that a thread takes with one head: their keys stay in its cache.
  private static final int TOGETHER = 64;

  /// Scores of a query lie this much further apart than a power of two, which would have all of
  /// them in the same lines of the cache.
  private static final int SKEW = 64;

  private static final int LEAST_APART = 2048;

  private PromptAttention() {}

  /// The new tokens, whose keys and values are in the blocks already.
  ///
  /// @param blocks addresses of the sequence's blocks
  /// @param past tokens before the first new one
  /// @param count new tokens
  /// @param row number of the first of them among the tokens of the pass
  public record Tokens(long[] blocks, int past, int count, int row) {
    int length() {
      return past + count;
    }
  }

  /// Whether this machine has the functions for caches of a layout.
  public static boolean isAvailable(Layout layout) {
    return layout.type() == DType.F16 && AttentionFunctions.ofProcess(layout.headDim()).isPresent();
  }

  /// Computes Softmax(q kᵀ / √headDim) v, each token without the keys behind its own.
  ///
  /// @param layerOffset from a block's address to its part for the layer
  /// @param pass whose keys and values are not looked at
  public static void attend(Layout layout, Tokens tokens, long layerOffset, Pass pass) {
    Optional<AttentionFunctions> functions = AttentionFunctions.ofProcess(layout.headDim());
    long numbers = (long) tokens.count() * tokens.length() * layout.kvHeads() * layout.headDim();
    attend(
        functions.orElseThrow(),
        numbers < PagedAttention.SMALL ? 1 : NativeRuntime.numThreads(),
        new Sequence(layout, tokens, layerOffset, pass));
  }

  /// All that one call attends to.
  record Sequence(Layout layout, Tokens tokens, long layerOffset, Pass pass) {}

  static void attend(AttentionFunctions functions, int threads, Sequence sequence) {
    Tokens tokens = sequence.tokens();
    int strips = Math.ceilDiv(tokens.count(), TOGETHER);
    AtomicInteger workers = new AtomicInteger();
    int apart = apart(tokens.length() + functions.lanes());
    long bytes =
        (long) functions.mostQueries(sequence.layout().headDim()) * apart
            + (long) functions.notes() * Float.BYTES;
    try (Scope _ = new Scope()) {
      Tensor room =
          torch.empty(
              new long[] {threads * bytes},
              Tensors.options(DType.U8),
              new MemoryFormatOptional()); // [bytes], scores for each thread
      long roomAt = room.data_ptr().address();
      ParallelChunks.run(
          threads,
          (long) sequence.pass().heads() * strips,
          () -> {
            long scores = roomAt + workers.getAndIncrement() * bytes;
            Worker worker = new Worker(functions, sequence, scores, apart);
            return chunk -> {
              int first = (int) (chunk % strips) * TOGETHER;
              worker.attend(
                  (int) (chunk / strips), first, Math.min(tokens.count(), first + TOGETHER));
            };
          });
    }
  }

  /// A power of two and a bit more, so that there are few functions.
  private static int apart(int numbers) {
    int apart = LEAST_APART;
    while (apart < numbers * Float.BYTES) {
      apart *= 2;
    }
    return apart + SKEW;
  }

  /// One thread's work.
  ///
  /// @param scores address of a place for those of [AttentionFunctions#mostQueries] tokens
  /// @param apart bytes from a token's scores to the next one's
  private record Worker(AttentionFunctions functions, Sequence sequence, long scores, int apart) {
    private Layout layout() {
      return sequence.layout();
    }

    /// The new tokens from `first` to before `end`.
    void attend(int head, int first, int end) {
      int most = functions.mostQueries(layout().headDim());
      for (int token = first; token < end; ) {
        int queries = Math.min(most, Integer.highestOneBit(end - token));
        tile(head, token, queries);
        token += queries;
      }
    }

    /// Tokens that follow each other. The later ones' keys are seen by the earlier ones with a
    /// weight of zero.
    private void tile(int head, int token, int queries) {
      Tokens tokens = sequence.tokens();
      Pass pass = sequence.pass();
      int headDim = layout().headDim();
      Shape shape = new Shape(headDim, queries, apart);
      long place = ((long) head * pass.tokens() + tokens.row() + token) * headDim * Float.BYTES;
      int seen = tokens.past() + token + queries; // by the last one
      int kvHead = head / (pass.heads() / layout().kvHeads());
      long keys = sequence.layerOffset() + kvHead * layout().headBytes();
      long values = keys + layout().valuesOffset();
      int rows = layout().rows();
      for (int from = 0; from < seen; from += rows) {
        long block = tokens.blocks()[from / rows] + keys;
        long at = scores + (long) from * Float.BYTES;
        functions.scores(shape, block, Math.min(rows, seen - from), pass.query() + place, at);
      }
      for (int query = 0; query < queries; query++) {
        softmax(scores + (long) query * apart, seen - queries + query + 1, seen);
      }
      MEMORY.asSlice(pass.output() + place, (long) queries * headDim * Float.BYTES).fill((byte) 0);
      for (int from = 0; from < seen; from += rows) {
        long block = tokens.blocks()[from / rows] + values;
        long at = scores + (long) from * Float.BYTES;
        functions.blend(shape, block, Math.min(rows, seen - from), at, pass.output() + place);
      }
    }

    /// Weights of the first `length` scores of a token, and zeros up to `seen`.
    private void softmax(long at, int length, int seen) {
      int vectors = Math.ceilDiv(length, functions.lanes());
      int whole = vectors * functions.lanes();
      for (int i = length; i < whole; i++) {
        MEMORY.set(FLOAT, at + (long) i * Float.BYTES, Float.NEGATIVE_INFINITY);
      }
      long notes = scores + (long) functions.mostQueries(layout().headDim()) * apart;
      float scale = (float) (1 / Math.sqrt(layout().headDim()));
      functions.softmax(vectors, at, notes, scale);
      for (int i = whole; i < seen; i++) {
        MEMORY.set(FLOAT, at + (long) i * Float.BYTES, 0);
      }
    }
  }
}
