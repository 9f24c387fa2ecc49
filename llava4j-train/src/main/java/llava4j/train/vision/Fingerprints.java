package llava4j.train.vision;

import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.weights.WeightsFingerprint;
import llava4j.tensor.DType;

/// Hashes that identify the vision tower of a cache.
final class Fingerprints {
  private Fingerprints() {}

  /// Hash of everything that determines the output of the vision tower for an image.
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
