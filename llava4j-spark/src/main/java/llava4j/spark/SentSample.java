package llava4j.spark;

import java.io.Serializable;
import java.util.List;
import java.util.Optional;
import llava4j.data.Sample;
import llava4j.data.Turn;

/// A sample on its way to an executor.
///
/// @param image null if there is none
record SentSample(int number, String id, String image, List<Turn> turns) implements Serializable {

  static SentSample of(int number, Sample sample) {
    return new SentSample(number, sample.id(), sample.image().orElse(null), sample.turns());
  }

  Sample sample() {
    return new Sample(id, Optional.ofNullable(image), turns);
  }
}
