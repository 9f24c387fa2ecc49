package llava4j;

import java.util.Arrays;
import llava4j.error.BadInputException;
import llava4j.model.LanguageModel;
import llava4j.model.LlavaModel;
import llava4j.model.cache.KvCache;
import llava4j.model.cache.KvFormat;
import llava4j.model.load.AvailableMemory;
import llava4j.model.load.MemoryPlan;
import llava4j.tensor.Device;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/// Computes embeddings of texts on the caller's thread.
final class TextEmbedder {
  /// Tokens of one pass, so that a long text takes no more memory than a prompt's piece.
  private static final int MOST_ROWS = 512;

  private final LanguageModel model;
  private final int contextLength;
  private final boolean hasLimitedMemory;
  private final MemoryPlan plan;
  private final KvFormat kvFormat;

  TextEmbedder(LlavaModel whole, MemoryPlan plan, KvFormat kvFormat) {
    this.kvFormat = kvFormat;
    this.model = whole.languageModel();
    this.contextLength = whole.config().contextLength();
    this.hasLimitedMemory = whole.device() instanceof Device.Cpu;
    this.plan = plan;
  }

  private void requireFits(int[] ids) {
    if (ids.length == 0) {
      throw new BadInputException("a text without tokens has no embedding; give a text");
    }
    if (ids.length > contextLength) {
      throw new BadInputException(
          "the text has "
              + ids.length
              + " tokens, "
              + (ids.length - contextLength)
              + " too many for the context of "
              + contextLength
              + "; shorten it");
    }
    for (int id : ids) {
      if (id < 0 || id >= model.config().vocab()) {
        throw new BadInputException(
            "there is no token "
                + id
                + "; the model has tokens from 0 to "
                + (model.config().vocab() - 1));
      }
    }
  }

  /// @throws BadInputException if there are no tokens, too many, or one that the model does not
  ///   have
  TextEmbedding embed(int[] ids) {
    requireFits(ids);
    if (hasLimitedMemory) {
      AvailableMemory.ofThisProcess()
          .require(bytes ->
              plan.requireRequestFits(Math.min(MOST_ROWS, ids.length), ids.length, 0, bytes));
    }
    double[] sum = new double[model.config().dim()];
    try (KvCache cache = model.newCache(kvFormat)) {
      for (int from = 0; from < ids.length; from += MOST_ROWS) {
        add(Arrays.copyOfRange(ids, from, Math.min(ids.length, from + MOST_ROWS)), cache, sum);
      }
    }
    TextEmbedding embedding = TextEmbedding.ofSum(sum, ids.length);
    for (float value : embedding.values()) {
      if (Float.isNaN(value)) {
        throw new BadInputException(
            "the model computes numbers that are not finite, so the text has no embedding");
      }
    }
    return embedding;
  }

  private void add(int[] ids, KvCache cache, double[] sum) {
    try (Scope _ = new Scope()) {
      Tensor rows = model.embed(ids).unsqueeze(0); // [1, ids, dim]
      float[] hidden = Tensors.toFloats(model.forward(rows, cache)); // [1, ids, dim]
      for (int i = 0; i < hidden.length; i++) {
        sum[i % sum.length] += hidden[i];
      }
    }
  }
}
