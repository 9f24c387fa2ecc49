package llava4j.generate;

import java.util.Arrays;
import llava4j.error.BadInputException;
import llava4j.model.LlavaModel;
import llava4j.model.SplicedPrompt;
import llava4j.model.cache.KvCache;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;

/// The KV cache of one chat, with a key for the content of each row, so that the next turn computes
/// only new tokens. Image tokens are compared by content too. Not thread-safe.
public final class PromptCache implements AutoCloseable {
  private final LlavaModel model;
  private final KvCache cache;
  private long[] keys = new long[0]; // of the rows in the cache
  private int reused;

  public PromptCache(LlavaModel model) {
    this.model = model;
    this.cache = model.languageModel().newCache(0);
  }

  /// Number of tokens that the last prefill found in the cache.
  public int reusedRows() {
    return reused;
  }

  /// Number of tokens in the cache.
  public int numRows() {
    return keys.length;
  }

  /// Number of tokens of a prompt that do not have to be computed again.
  ///
  /// @return at most all tokens except the last one, whose logits are needed
  public int knownRows(SplicedPrompt prompt) {
    int mismatch = Arrays.mismatch(keys, prompt.rowKeys());
    return Math.min(mismatch < 0 ? keys.length : mismatch, prompt.numRows() - 1);
  }

  /// Bytes of native memory.
  public long bytes() {
    return cache.bytes();
  }

  KvCache cache() {
    return cache;
  }

  /// Prefill: makes the cache contain exactly this prompt.
  ///
  /// @return logits after its last token, [vocab]
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
      truncate(0); // discard an incomplete pass
      throw e;
    }
  }

  /// Fails if a prompt and one token do not fit into the context.
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

  /// Records a generated token that was added to the cache.
  void appended(int id) {
    keys = Arrays.copyOf(keys, keys.length + 1);
    keys[keys.length - 1] = id;
  }

  /// Removes all tokens from index `rows` on.
  void truncate(int rows) {
    cache.truncate(rows);
    keys = Arrays.copyOf(keys, rows);
  }

  @Override
  public void close() {
    cache.close();
  }
}
