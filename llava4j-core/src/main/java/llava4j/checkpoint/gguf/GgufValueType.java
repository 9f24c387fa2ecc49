package llava4j.checkpoint.gguf;

import java.util.Arrays;
import java.util.Optional;

/// Types of metadata values.
public enum GgufValueType {
  UINT8(0, 1),
  INT8(1, 1),
  UINT16(2, 2),
  INT16(3, 2),
  UINT32(4, 4),
  INT32(5, 4),
  FLOAT32(6, 4),
  BOOL(7, 1),
  STRING(8, 8),
  ARRAY(9, 12),
  UINT64(10, 8),
  INT64(11, 8),
  FLOAT64(12, 8);

  private final int id;
  private final int minBytes;

  GgufValueType(int id, int minBytes) {
    this.id = id;
    this.minBytes = minBytes;
  }

  /// Minimum number of bytes of a value in the file.
  int minBytes() {
    return minBytes;
  }

  /// The number of this type in the file.
  int id() {
    return id;
  }

  static Optional<GgufValueType> ofId(long id) {
    return Arrays.stream(values()).filter(type -> type.id == id).findFirst();
  }
}
