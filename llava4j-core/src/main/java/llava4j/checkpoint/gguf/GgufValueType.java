package llava4j.checkpoint.gguf;

import java.util.Optional;

/// Types of metadata values, in the order of their numbers in the file.
public enum GgufValueType {
  UINT8(1),
  INT8(1),
  UINT16(2),
  INT16(2),
  UINT32(4),
  INT32(4),
  FLOAT32(4),
  BOOL(1),
  STRING(8),
  ARRAY(12),
  UINT64(8),
  INT64(8),
  FLOAT64(8);

  private final int minBytes;

  GgufValueType(int minBytes) {
    this.minBytes = minBytes;
  }

  /// Bytes that a value takes in the file at least.
  int minBytes() {
    return minBytes;
  }

  /// The number of this type in the file.
  int id() {
    return ordinal();
  }

  static Optional<GgufValueType> ofId(long id) {
    return id >= 0 && id < values().length
        ? Optional.of(values()[Math.toIntExact(id)])
        : Optional.empty();
  }
}
