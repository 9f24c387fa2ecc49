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

/// A short hash by which weights are known again: of names, types and shapes, and of every byte of
/// each tensor. Reads all of them once, as fast as the disk gives them (ADR 17).
public final class WeightsFingerprint {
  private static final int STRETCH = 1 << 24; // bytes whose check sum is taken at once
  private static final int LETTERS = 32;

  private final MessageDigest digest = Sha256.fresh();

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
