package llava4j.model;

import org.bytedeco.pytorch.Tensor;

/// A prompt as the language model reads it.
///
/// @param embeddings text and image rows in order, [1, rows, dim]
/// @param rowKeys what each row is: the token id of a text row, a negative number made of image and
///   place of an image row. Equal keys mean equal rows, so a shared beginning of two prompts can
///   share its cache. `[rows]`
public record SplicedPrompt(Tensor embeddings, long[] rowKeys) {
  public int numRows() {
    return rowKeys.length;
  }
}
