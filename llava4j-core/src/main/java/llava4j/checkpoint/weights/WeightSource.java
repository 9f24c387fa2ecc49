package llava4j.checkpoint.weights;

import java.util.Optional;
import java.util.SequencedMap;
import llava4j.quant.BlockMatrix;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/// Named tensors of one or several files, memory-mapped. Names and shapes are as stored.
public interface WeightSource extends AutoCloseable {

  /// Names in file order, with what is known without reading the data.
  SequencedMap<String, TensorInfo> tensors();

  /// A CPU tensor of `info.dtype()` and `info.shape()`: a view of the mapped file where possible,
  /// valid until this source is closed; of a tensor that is computed (an adapter's sum) fp32, so
  /// that no digit is lost before the user's type is known. The caller owns (closes) the handle.
  Tensor load(String name);

  /// The tensor in another floating point type, rounded to nearest; a copy where the type differs.
  /// Sources that decode give it at once, without a copy in `info.dtype()` between.
  default Tensor load(String name, DType type) {
    try (Scope scope = new Scope()) {
      Tensor stored = scope.borrow(load(name));
      return Tensors.type(stored) == type
          ? scope.keep(stored)
          : scope.keep(stored.to(type.scalarType()));
    }
  }

  /// A matrix that is stored in quantised blocks, as them; it is read where it lies, until this
  /// source is closed. Empty for every other tensor.
  default Optional<BlockMatrix> blocks(String name) {
    return Optional.empty();
  }

  /// Whether [#load] gives a view of the mapped file and not a copy.
  default boolean isView(String name) {
    return false;
  }

  /// Lets go of the memory pages of a tensor that was copied and will not be read again soon. What
  /// [#load] gave stays valid. Without it a mapped file would count as much as the copy.
  default void release(String name) {}

  @Override
  void close();
}
