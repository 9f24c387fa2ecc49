package llava4j.model;

import org.bytedeco.pytorch.Tensor;

/// The embeddings of one image, the input of the language model.
///
/// @param rows projected features, with learned newlines if the layout has them, [rows, dim]
/// @param contentKey hash of the pixels and of the layout; equal keys mean equal rows
public record ImageRows(Tensor rows, String contentKey) {

  /// Number of tokens of the image in the sequence.
  public int numRows() {
    return Math.toIntExact(rows.size(0));
  }
}
