package llava4j.model;

import org.bytedeco.pytorch.Tensor;

/// One image as the language model reads it.
///
/// @param rows projected features, with row-end vectors where the layout has them, [rows, dim]
/// @param contentKey hash of the pixels and of the layout; equal keys mean equal rows
public record ImageRows(Tensor rows, String contentKey) {

  /// How many places the image takes in the sequence.
  public int numRows() {
    return Math.toIntExact(rows.size(0));
  }
}
