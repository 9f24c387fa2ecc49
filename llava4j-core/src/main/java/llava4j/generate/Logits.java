package llava4j.generate;

import java.util.Arrays;
import java.util.List;
import llava4j.error.BadInputException;
import llava4j.model.FaultFinder;
import llava4j.model.LlavaModel;
import llava4j.model.SplicedPrompt;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/// Reads and checks the logits of the model.
final class Logits {
  private Logits() {}

  /// One row per sequence of the batch. [batch, vocab]
  static float[][] rows(Tensor logits) {
    float[] all = Tensors.toFloats(logits);
    int vocab = Math.toIntExact(logits.size(1));
    float[][] rows = new float[Math.toIntExact(logits.size(0))][];
    for (int row = 0; row < rows.length; row++) {
      rows[row] = Arrays.copyOfRange(all, row * vocab, (row + 1) * vocab);
    }
    return rows;
  }

  /// Fails if a logit is not finite, because no token can be chosen then. The message names the
  /// first layer or tensor with such values, which is found by running the model again.
  ///
  /// @param logits of one sequence, [vocab]
  /// @param ids generated after the prompt so far
  static void requireFinite(float[] logits, LlavaModel model, SplicedPrompt prompt, int[] ids) {
    boolean finite = true;
    for (float logit : logits) {
      finite &= Math.abs(logit) < Float.POSITIVE_INFINITY; // false for NaN, too
    }
    if (finite) {
      return;
    }
    try (Scope _ = new Scope()) {
      Tensor rows = prompt.embeddings(); // [1, rows, dim]
      if (ids.length > 0) {
        Tensor generated = model.languageModel().embed(ids).unsqueeze(0); // [1, ids, dim]
        rows = Tensors.concatenate(List.of(rows, generated), 1); // [1, rows + ids, dim]
      }
      throw new BadInputException(
          "the model computes numbers that are not finite, so no answer can be given; they begin "
              + new FaultFinder(model).find(rows, prompt.rowKeys()));
    }
  }
}
