package llava4j.generate;

import java.util.Arrays;
import llava4j.error.BadInputException;
import llava4j.model.LlavaModel;
import llava4j.model.SplicedPrompt;
import llava4j.model.cache.KvCache;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;

/// The key/value cache of one chat, with what its rows are, so that the next turn computes only
/// what is new. Image rows count as text rows do: by content. Not thread-safe.
public final class PromptCache implements AutoCloseable {
  private final LlavaModel model;
  private final KvCache cache;
  private long[] keys = new long[0]; // of the rows in the cache
  private int reused;

  public PromptCache(LlavaModel model) {
    this.model = model;
    this.cache = model.languageModel().newCache(0);
  }

  /// Rows that the last prefill found here already.
  public int reusedRows() {
    return reused;
  }

  /// Rows now held.
  public int numRows() {
    return keys.length;
  }

  /// Rows of a prompt that need not be computed again.
  ///
  /// @return at most all but the last, whose logits are wanted
  public int knownRows(SplicedPrompt prompt) {
    int mismatch = Arrays.mismatch(keys, prompt.rowKeys());
    return Math.min(mismatch < 0 ? keys.length : mismatch, prompt.numRows() - 1);
  }

  /// Bytes of native memory held.
  public long bytes() {
    return cache.bytes();
  }

  KvCache cache() {
    return cache;
  }

  /// Brings the cache to hold exactly this prompt.
  ///
  /// @return logits behind its last row, [vocab]
  float[] prefill(SplicedPrompt prompt) {
    requireFits(prompt, model);
    reused = knownRows(prompt);
    truncate(reused);
    try (Scope _ = new Scope()) {
      float[] logits =
          Tensors.toFloats(
              model.forward(
                  prompt.embeddings().narrow(1, reused, prompt.numRows() - reused), cache));
      keys = prompt.rowKeys();
      return logits;
    } catch (RuntimeException e) {
      truncate(0); // a half-written pass is worth nothing
      throw e;
    }
  }

  /// Fails if the context has no room for a prompt and one token.
  static void requireFits(SplicedPrompt prompt, LlavaModel model) {
    int limit = model.config().contextLength();
    if (prompt.numRows() >= limit) {
      throw new BadInputException(
          "the prompt has "
              + prompt.numRows()
              + " tokens (images included), "
              + (prompt.numRows() - limit + 1)
              + " too many for the context of "
              + limit
              + (limit < model.config().text().maxPositions() ? " (Mistral's sliding_window)" : "")
              + "; shorten it or use fewer images");
    }
  }

  /// Notes a generated token whose row has just been computed.
  void appended(int id) {
    keys = Arrays.copyOf(keys, keys.length + 1);
    keys[keys.length - 1] = id;
  }

  /// Forgets all rows from `rows` on.
  void truncate(int rows) {
    cache.truncate(rows);
    keys = Arrays.copyOf(keys, rows);
  }

  @Override
  public void close() {
    cache.close();
  }
}
