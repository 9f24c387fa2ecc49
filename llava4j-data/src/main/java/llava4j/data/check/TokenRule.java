package llava4j.data.check;

import java.util.Optional;
import llava4j.data.ImageSize;
import llava4j.data.Sample;
import llava4j.error.BadInputException;

/// How a model's tokenizer and images fill a sample's rows. Safe for many threads.
public interface TokenRule {
  /// Counts a sound sample's rows.
  ///
  /// @param image of a sample that has one
  /// @throws BadInputException that says why labels cannot be made
  Tokens of(Sample sample, Optional<ImageSize> image);

  /// Rows that a sample may have.
  int maxLength();

  /// A sample's rows.
  ///
  /// @param rows of words and images, nothing cut off
  /// @param supervised that are left within the maximum length
  record Tokens(int rows, int supervised) {}
}
