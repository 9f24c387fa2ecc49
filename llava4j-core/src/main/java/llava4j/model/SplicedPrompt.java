package llava4j.model;

import org.bytedeco.pytorch.Tensor;

/// The embeddings of a prompt, the input of the language model.
///
/// @param embeddings of text and image tokens in order, [1, rows, dim]
/// @param rowKeys a key for each token: its id for a text token, a negative hash of image and
///   position for an image token. Equal keys mean equal embeddings, so prompts with the same prefix
///   can share its KV cache. `[rows]`
public record SplicedPrompt(Tensor embeddings, long[] rowKeys) {
  public int numRows() {
    return rowKeys.length;
  }
}
