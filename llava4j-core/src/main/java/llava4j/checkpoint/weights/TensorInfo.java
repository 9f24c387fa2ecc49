package llava4j.checkpoint.weights;

import java.nio.file.Path;
import java.util.List;
import llava4j.tensor.DType;

/// The description of one tensor in a file.
///
/// @param dtype type of the loaded tensor
/// @param storedAs name of the stored type, such as `F16` or `Q4_K`
/// @param bytes size in the file
public record TensorInfo(
    String name, DType dtype, String storedAs, List<Long> shape, long bytes, Path file) {
  public TensorInfo {
    shape = List.copyOf(shape);
  }

  public long numElements() {
    return shape.stream().reduce(1L, Math::multiplyExact);
  }

  /// The same tensor under another name.
  public TensorInfo withName(String other) {
    return new TensorInfo(other, dtype, storedAs, shape, bytes, file);
  }
}
