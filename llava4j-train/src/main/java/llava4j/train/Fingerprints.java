package llava4j.train;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.Predicate;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.TensorInfo;
import llava4j.checkpoint.WeightSource;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/// Short hashes by which a resumed run knows its base again.
final class Fingerprints {
  private static final int SAMPLED = 64;

  private Fingerprints() {}

  /// Of all names, types and shapes, and of the first values of each tensor.
  static String of(WeightSource weights) {
    MessageDigest digest = sha256();
    add(weights, _ -> true, digest);
    return text(digest);
  }

  /// Of everything that decides what the vision tower gives for a picture.
  static String ofFeatures(Checkpoint base, DType type) {
    MessageDigest digest = sha256();
    digest.update(
        (base.config().vision()
                + "|"
                + base.config().imageMode()
                + "|"
                + base.imageProcessor()
                + "|"
                + type)
            .getBytes(StandardCharsets.UTF_8));
    add(base.weights(), name -> name.startsWith("vision_tower."), digest);
    return text(digest);
  }

  private static void add(WeightSource weights, Predicate<String> counts, MessageDigest digest) {
    for (TensorInfo info : weights.tensors().values()) {
      if (!counts.test(info.name())) {
        continue;
      }
      digest.update((info.name() + info.dtype() + info.shape()).getBytes(StandardCharsets.UTF_8));
      try (Scope _ = new Scope()) {
        Tensor flat = weights.load(info.name()).flatten();
        Tensor first = flat.narrow(0, 0, Math.min(SAMPLED, flat.numel()));
        for (float value : Tensors.toFloats(first)) {
          int bits = Float.floatToIntBits(value);
          digest.update(
              new byte[] {
                (byte) bits, (byte) (bits >> 8), (byte) (bits >> 16), (byte) (bits >> 24)
              });
        }
      }
    }
  }

  private static String text(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest()).substring(0, 32);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
