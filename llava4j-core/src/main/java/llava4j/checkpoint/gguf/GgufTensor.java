package llava4j.checkpoint.gguf;

import java.util.List;

/// One tensor of a GGUF file.
///
/// @param shape rows first, as in torch; the file has the reverse order
/// @param offset of the first byte in the file
/// @param bytes size in the file
public record GgufTensor(String name, GgmlType type, List<Long> shape, long offset, long bytes) {
  public GgufTensor {
    shape = List.copyOf(shape);
  }

  long numValues() {
    return bytes / type.blockBytes() * type.blockValues();
  }
}
