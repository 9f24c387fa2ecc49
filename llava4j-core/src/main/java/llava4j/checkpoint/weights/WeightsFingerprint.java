package llava4j.checkpoint.weights;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.function.Predicate;
import java.util.zip.CRC32C;
import llava4j.io.Sha256;
import llava4j.tensor.Scope;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Tensor;

/// A short hash that identifies weights, over names, types, shapes and every byte of all tensors.
/// Reads all bytes once, at the speed of the disk (ADR 17).
public final class WeightsFingerprint {
  private static final int STRETCH = 1 << 24; // bytes per checksum
  private static final int LETTERS = 32;

  private final MessageDigest digest = Sha256.fresh();

  /// The fingerprint of all tensors.
  public static String of(WeightSource weights) {
    return new WeightsFingerprint().add(weights, _ -> true).text();
  }

  /// Adds the tensors whose names satisfy the condition.
  public WeightsFingerprint add(WeightSource weights, Predicate<String> passes) {
    for (TensorInfo info : weights.tensors().values()) {
      if (passes.test(info.name())) {
        add(weights, info);
      }
    }
    return this;
  }

  /// Adds texts.
  public WeightsFingerprint add(String words) {
    digest.update(words.getBytes(StandardCharsets.UTF_8));
    return this;
  }

  /// The hash in hexadecimal digits.
  public String text() {
    return Sha256.of(digest).substring(0, LETTERS);
  }

  private void add(WeightSource weights, TensorInfo info) {
    add(info.name() + info.dtype() + info.shape());
    CRC32C sum = new CRC32C();
    try (Scope _ = new Scope()) {
      Tensor plain = weights.load(info.name()).contiguous(); // as stored
      long bytes = plain.nbytes();
      for (long at = 0; at < bytes; at += STRETCH) {
        long end = Math.min(bytes, at + STRETCH);
        sum.update(new BytePointer(plain.data_ptr()).position(at).limit(end).asByteBuffer());
      }
    }
    weights.release(info.name());
    digest.update(
        ByteBuffer.allocate(Long.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(sum.getValue())
            .flip());
  }
}
