package llava4j.data;

import java.util.List;
import java.util.Optional;

/// One training sample (spec 6.1).
///
/// @param id as in the file; numbers are converted to text
/// @param image path relative to the image folder
/// @param turns the conversation, in order
public record Sample(String id, Optional<String> image, List<Turn> turns) {
  public Sample {
    turns = List.copyOf(turns);
  }

  /// Number of words in all turns, as counted by the original's sampler: positive for a sample with
  /// an image, negative without (`modality_lengths`, spec 5.4).
  public int modalityLength() {
    int words = turns.stream().mapToInt(turn -> WhitespaceWords.count(turn.text())).sum();
    return image.isPresent() ? words : -words;
  }
}
