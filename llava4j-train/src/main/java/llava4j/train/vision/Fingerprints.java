package llava4j.train.vision;

import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.weights.WeightsFingerprint;
import llava4j.tensor.DType;

/// Short hashes by which a cache knows its tower again.
final class Fingerprints {
  private Fingerprints() {}

  /// Of everything that decides what the vision tower gives for an image.
  static String ofFeatures(Checkpoint base, DType type) {
    return new WeightsFingerprint()
        .add(
            base.config().vision()
                + "|"
                + base.config().imageMode()
                + "|"
                + base.imageProcessor()
                + "|"
                + type)
        .add(base.weights(), name -> name.startsWith("vision_tower."))
        .text();
  }
}
