package llava4j.data.check;

import java.util.Optional;
import llava4j.data.ImageSize;
import llava4j.data.Sample;
import llava4j.error.BadInputException;

/// Counts the tokens of a sample for a model. Thread-safe.
public interface TokenRule {
  /// Counts the tokens of a valid sample.
  ///
  /// @param image size of the sample's image, if it has one
  /// @throws BadInputException if labels cannot be computed; the message says why
  Tokens of(Sample sample, Optional<ImageSize> image);

  /// Maximum number of tokens of a sample, image tokens included.
  int maxLength();

  /// The token counts of a sample.
  ///
  /// @param rows number of text and image tokens, without truncation
  /// @param supervised number of supervised tokens within the maximum length
  record Tokens(int rows, int supervised) {}
}
