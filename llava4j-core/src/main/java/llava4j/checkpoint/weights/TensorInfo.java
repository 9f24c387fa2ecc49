package llava4j.checkpoint.weights;

import java.nio.file.Path;
import java.util.List;
import llava4j.tensor.DType;

/// What a file says of one tensor.
///
/// @param dtype the type that loading gives
/// @param storedAs the file's own name of its type, such as `F16` or `Q4_K`
/// @param bytes size in the file
public record TensorInfo(
    String name, DType dtype, String storedAs, List<Long> shape, long bytes, Path file) {
  public TensorInfo {
    shape = List.copyOf(shape);
  }

  /// The same tensor under another name.
  public TensorInfo withName(String other) {
    return new TensorInfo(other, dtype, storedAs, shape, bytes, file);
  }
}
