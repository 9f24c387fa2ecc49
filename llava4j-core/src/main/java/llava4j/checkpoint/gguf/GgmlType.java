package llava4j.checkpoint.gguf;

import java.util.Arrays;
import java.util.Optional;

/// Element types of GGUF that we read, with their numbers in the file.
public enum GgmlType {
  F32(0, 1, 4),
  F16(1, 1, 2),
  Q4_0(2, 32, 18),
  Q4_1(3, 32, 20),
  Q5_0(6, 32, 22),
  Q5_1(7, 32, 24),
  Q8_0(8, 32, 34),
  Q4_K(12, 256, 144),
  Q5_K(13, 256, 176),
  Q6_K(14, 256, 210),
  BF16(30, 1, 2);

  private final int number;
  private final int blockElements;
  private final int blockBytes;

  GgmlType(int number, int blockElements, int blockBytes) {
    this.number = number;
    this.blockElements = blockElements;
    this.blockBytes = blockBytes;
  }

  public static Optional<GgmlType> of(int number) {
    return Arrays.stream(values()).filter(type -> type.number == number).findFirst();
  }

  public int number() {
    return number;
  }

  /// Numbers that share a scale.
  public int blockElements() {
    return blockElements;
  }

  public int blockBytes() {
    return blockBytes;
  }

  public boolean isQuantised() {
    return blockElements > 1;
  }

  /// Bytes of so many elements, which must be whole blocks; fails on overflow.
  public long bytes(long elements) {
    return Math.multiplyExact(elements / blockElements, blockBytes);
  }
}
