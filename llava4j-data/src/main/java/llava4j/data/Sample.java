package llava4j.data;

import java.util.List;
import java.util.Optional;

/// One training sample (spec 6.1).
///
/// @param id as in the file; numbers become text
/// @param image path below the image folder
/// @param turns in order
public record Sample(String id, Optional<String> image, List<Turn> turns) {
  public Sample {
    turns = List.copyOf(turns);
  }

  /// Words in all turns together, as the original's sampler counts them: positive with an image,
  /// negative without (`modality_lengths`, spec 5.4).
  public int modalityLength() {
    int words = turns.stream().mapToInt(turn -> WhitespaceWords.count(turn.text())).sum();
    return image.isPresent() ? words : -words;
  }
}
