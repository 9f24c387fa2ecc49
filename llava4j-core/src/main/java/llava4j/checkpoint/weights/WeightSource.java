package llava4j.checkpoint.weights;

import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import llava4j.quant.BlockMatrix;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/// Named tensors of one or several files, memory-mapped. Names and shapes are as stored.
public interface WeightSource extends AutoCloseable {

  /// The descriptions of the tensors in file order; the data is not read.
  SequencedMap<String, TensorInfo> tensors();

  /// All files that the numbers depend on.
  default Set<Path> files() {
    Set<Path> files = new LinkedHashSet<>();
    tensors().values().forEach(info -> files.add(info.file()));
    return files;
  }

  /// A CPU tensor of `info.dtype()` and `info.shape()`: if possible a view of the mapped file,
  /// which is valid until this source is closed. A computed tensor (the sum of base and adapter) is
  /// fp32, so that no precision is lost before the target type is known. The caller owns (closes)
  /// the handle.
  Tensor load(String name);

  /// The tensor in another floating point type, rounded to nearest; a copy if the type differs.
  /// Sources that decode blocks decode directly to this type, without a copy in `info.dtype()`.
  default Tensor load(String name, DType type) {
    try (Scope scope = new Scope()) {
      Tensor stored = scope.borrow(load(name));
      return Tensors.type(stored) == type
          ? scope.keep(stored)
          : scope.keep(stored.to(type.scalarType()));
    }
  }

  /// The quantised blocks of a matrix, read in place and valid until this source is closed. Empty
  /// for all other tensors.
  default Optional<BlockMatrix> blocks(String name) {
    return Optional.empty();
  }

  /// Whether [#load] returns a view of the mapped file and not a copy.
  default boolean isView(String name) {
    return false;
  }

  /// Releases the memory pages of a tensor that was copied and will not be read again soon. Results
  /// of [#load] stay valid. Otherwise the mapped file would take as much memory as the copy.
  default void release(String name) {}

  @Override
  void close();
}
