package llava4j.cli.bench;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.nio.file.Path;
import llava4j.error.BadInputException;

/// llama.cpp as an [Engine]: a file read without mapping, a context for each piece of work, its
/// default batch sizes, keys and values in F16 as ours, a pool of threads that is kept.
final class LlamaSession implements Engine {
  private static final int CACHE_STEP = 256;
  private static final int SMALLEST_BATCH = 2048;
  private static final StructLayout CONTEXT = LlamaLayouts.CONTEXT_PARAMS;
  private static final StructLayout BATCH = LlamaLayouts.BATCH;

  private final LlamaLibrary library;
  private final Path file;
  private final int threads;
  private MemorySegment model = MemorySegment.NULL;
  private MemorySegment pool = MemorySegment.NULL;
  private int vocab;
  private Decoding decoding;

  /// Sequences that [#begin] has read.
  ///
  /// @param next the token that comes next in each
  private record Decoding(MemorySegment context, int rows, int[] next) {}

  LlamaSession(LlamaLibrary library, Path file, int threads) {
    this.library = library;
    this.file = file;
    this.threads = threads;
  }

  @Override
  public double load() {
    long start = System.nanoTime();
    model = library.loadModel(file);
    double seconds = (System.nanoTime() - start) / 1e9;
    if (model.equals(MemorySegment.NULL)) {
      throw refused("cannot load " + file);
    }
    vocab = library.vocabulary(model);
    pool = library.newThreads(threads);
    return seconds;
  }

  @Override
  public double prefill(int[] ids) {
    MemorySegment context = newContext(ids.length, 1);
    try (Arena arena = Arena.ofConfined()) {
      Rows rows = new Rows(arena, ids.length);
      for (int i = 0; i < ids.length; i++) {
        rows.add(ids[i], i, 0, i == ids.length - 1);
      }
      long start = System.nanoTime();
      rows.decode(context);
      int _ = Engine.argmax(logits(context, ids.length - 1));
      return (System.nanoTime() - start) / 1e9;
    } finally {
      release(context);
    }
  }

  @Override
  public void begin(int[][] prompts, int steps) {
    end();
    int length = prompts[0].length;
    MemorySegment context = newContext(length + steps, prompts.length);
    int[] next = new int[prompts.length];
    try (Arena arena = Arena.ofConfined()) {
      Rows rows = new Rows(arena, prompts.length * length);
      for (int sequence = 0; sequence < prompts.length; sequence++) {
        for (int i = 0; i < length; i++) {
          rows.add(prompts[sequence][i], i, sequence, i == length - 1);
        }
      }
      rows.decode(context);
      for (int sequence = 0; sequence < next.length; sequence++) {
        next[sequence] = Engine.argmax(logits(context, (sequence + 1) * length - 1));
      }
    }
    library.pauseThreads(pool);
    decoding = new Decoding(context, length, next);
  }

  @Override
  public double decode(int steps) {
    MemorySegment context = decoding.context();
    int[] next = decoding.next().clone();
    double seconds;
    try (Arena arena = Arena.ofConfined()) {
      Rows rows = new Rows(arena, next.length);
      long start = System.nanoTime();
      for (int step = 0; step < steps; step++) {
        rows.clear();
        for (int sequence = 0; sequence < next.length; sequence++) {
          rows.add(next[sequence], decoding.rows() + step, sequence, true);
        }
        rows.decode(context);
        for (int sequence = 0; sequence < next.length; sequence++) {
          next[sequence] = Engine.argmax(logits(context, sequence));
        }
      }
      seconds = (System.nanoTime() - start) / 1e9;
    }
    for (int sequence = 0; sequence < next.length; sequence++) {
      library.forget(context, sequence, decoding.rows());
    }
    library.pauseThreads(pool);
    return seconds;
  }

  @Override
  public float[][] logits(int[] prompt, int[] following) {
    MemorySegment context = newContext(prompt.length + following.length, 1);
    float[][] found = new float[1 + following.length][];
    try (Arena arena = Arena.ofConfined()) {
      Rows rows = new Rows(arena, prompt.length);
      for (int i = 0; i < prompt.length; i++) {
        rows.add(prompt[i], i, 0, i == prompt.length - 1);
      }
      rows.decode(context);
      found[0] = logits(context, prompt.length - 1);
      for (int i = 0; i < following.length; i++) {
        rows.clear();
        rows.add(following[i], prompt.length + i, 0, true);
        rows.decode(context);
        found[i + 1] = logits(context, 0);
      }
    } finally {
      release(context);
    }
    return found;
  }

  @Override
  public long peakBytes() {
    return PeakMemory.bytes();
  }

  @Override
  public void close() {
    end(); // the rest goes with the process
  }

  private void end() {
    if (decoding != null) {
      release(decoding.context());
      decoding = null;
    }
  }

  private void release(MemorySegment context) {
    library.pauseThreads(pool);
    library.freeContext(context);
  }

  private float[] logits(MemorySegment context, int row) {
    return library.logits(context, row, vocab).toArray(JAVA_FLOAT);
  }

  /// @param rows of each sequence
  private MemorySegment newContext(int rows, int sequences) {
    MemorySegment params = library.contextDefaults();
    int each = (rows + CACHE_STEP - 1) / CACHE_STEP * CACHE_STEP;
    LlamaLayouts.putInt(params, CONTEXT, "n_ctx", each * sequences);
    LlamaLayouts.putInt(params, CONTEXT, "n_batch", Math.max(SMALLEST_BATCH, rows * sequences));
    LlamaLayouts.putInt(params, CONTEXT, "n_seq_max", sequences);
    LlamaLayouts.putInt(params, CONTEXT, "n_threads", threads);
    LlamaLayouts.putInt(params, CONTEXT, "n_threads_batch", threads);
    LlamaLayouts.putBoolean(params, CONTEXT, "kv_unified", false);
    MemorySegment context = library.newContext(model, params);
    if (context.equals(MemorySegment.NULL)) {
      throw refused("cannot make room for " + sequences + " sequences of " + rows + " rows");
    }
    library.attachThreads(context, pool);
    return context;
  }

  private BadInputException refused(String what) {
    String error = library.lastError();
    return new BadInputException(
        "llama.cpp "
            + what
            + (error.isEmpty() ? "" : " (" + error + ")")
            + "; leave --against out");
  }

  /// A `llama_batch` that is filled row by row.
  private final class Rows {
    private final MemorySegment batch;
    private final MemorySegment tokens;
    private final MemorySegment positions;
    private final MemorySegment sequences;
    private final MemorySegment wanted;
    private int count;

    Rows(Arena arena, int capacity) {
      this.batch = arena.allocate(BATCH);
      this.tokens = arena.allocate(JAVA_INT, capacity);
      this.positions = arena.allocate(JAVA_INT, capacity);
      this.sequences = arena.allocate(JAVA_INT, capacity);
      this.wanted = arena.allocate(JAVA_BYTE, capacity);
      MemorySegment counts = arena.allocate(JAVA_INT, capacity);
      MemorySegment lists = arena.allocate(ADDRESS, capacity);
      for (int row = 0; row < capacity; row++) {
        counts.setAtIndex(JAVA_INT, row, 1);
        lists.setAtIndex(ADDRESS, row, sequences.asSlice(4L * row, 4));
      }
      LlamaLayouts.putAddress(batch, BATCH, "token", tokens);
      LlamaLayouts.putAddress(batch, BATCH, "pos", positions);
      LlamaLayouts.putAddress(batch, BATCH, "n_seq_id", counts);
      LlamaLayouts.putAddress(batch, BATCH, "seq_id", lists);
      LlamaLayouts.putAddress(batch, BATCH, "logits", wanted);
    }

    void clear() {
      count = 0;
    }

    void add(int token, int position, int sequence, boolean logitsWanted) {
      tokens.setAtIndex(JAVA_INT, count, token);
      positions.setAtIndex(JAVA_INT, count, position);
      sequences.setAtIndex(JAVA_INT, count, sequence);
      wanted.set(JAVA_BYTE, count, (byte) (logitsWanted ? 1 : 0));
      count++;
    }

    void decode(MemorySegment context) {
      LlamaLayouts.putInt(batch, BATCH, "n_tokens", count);
      int code = library.decode(context, batch);
      if (code != 0) {
        throw refused("cannot run " + count + " rows, code " + code);
      }
    }
  }
}
