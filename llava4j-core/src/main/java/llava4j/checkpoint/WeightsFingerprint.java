package llava4j.checkpoint;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.Predicate;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/// A short hash by which weights are known again without reading all of them: of names, types and
/// shapes, and of the first values of each tensor.
public final class WeightsFingerprint {
  private static final int SAMPLED = 64;
  private static final int LETTERS = 32;

  private final MessageDigest digest = sha256();

  /// Of all tensors.
  public static String of(WeightSource weights) {
    return new WeightsFingerprint().add(weights, _ -> true).text();
  }

  /// Adds the tensors whose names pass.
  public WeightsFingerprint add(WeightSource weights, Predicate<String> passes) {
    for (TensorInfo info : weights.tensors().values()) {
      if (passes.test(info.name())) {
        add(weights, info);
      }
    }
    return this;
  }

  /// Adds words.
  public WeightsFingerprint add(String words) {
    digest.update(words.getBytes(StandardCharsets.UTF_8));
    return this;
  }

  /// Hexadecimal.
  public String text() {
    return HexFormat.of().formatHex(digest.digest()).substring(0, LETTERS);
  }

  private void add(WeightSource weights, TensorInfo info) {
    add(info.name() + info.dtype() + info.shape());
    try (Scope _ = new Scope()) {
      Tensor flat = weights.load(info.name()).flatten(); // [n]
      Tensor first = flat.narrow(0, 0, Math.min(SAMPLED, flat.numel())); // [at most 64]
      for (float value : Tensors.toFloats(first)) {
        int bits = Float.floatToIntBits(value);
        digest.update(
            new byte[] {(byte) bits, (byte) (bits >> 8), (byte) (bits >> 16), (byte) (bits >> 24)});
      }
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
