package llava4j.quant;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/// A matrix of 4- or 8-bit numbers in blocks, packed for the products of a few rows.
///
/// On a processor, activations are rounded to 8 bits block by block, as in llama.cpp; on a GPU to
/// bf16. Owns native memory. Any number of threads may multiply at the same time.
public sealed interface QuantizedMatrix extends AutoCloseable
    permits PanelMatrix, OnnxMatrix, NibbleMatrix {

  /// Packs a matrix on all threads, for the kernels that are usual in this JVM (ADR 30, 47).
  ///
  /// @param memory buffers for packing, shared by all matrices of a model
  /// @throws ArithmeticException if a scale is NaN or infinite
  static QuantizedMatrix of(BlockMatrix matrix, PackingMemory memory) {
    return of(matrix, memory, BlockKernel.usual());
  }

  /// Packs a matrix on all threads.
  ///
  /// @param memory buffers for packing, shared by all matrices of a model
  /// @param kernel one that this JVM has, or that of the memory's device
  /// @throws ArithmeticException if a scale is NaN or infinite
  /// @throws llava4j.error.BadInputException if the device cannot multiply so
  static QuantizedMatrix of(BlockMatrix matrix, PackingMemory memory, BlockKernel kernel) {
    return switch (kernel) {
      case PANELS -> PanelMatrix.of(matrix);
      case ASSEMBLED -> PanelMatrix.of(matrix, AssembledKernels.ofProcess().orElseThrow());
      case ONNX_RUNTIME -> OnnxMatrix.of(matrix, memory);
      case NIBBLES -> NibbleMatrix.of(matrix, memory.nibbles());
    };
  }

  long rows();

  long columns();

  /// x Wᵀ. The bits of an output row do not depend on the other rows, with one limit: on a GPU,
  /// from 256 inputs on, another algorithm computes all rows (see [NibbleMatrix]), and it may
  /// depend on their number.
  ///
  /// @param input contiguous, fp32 on the host or in the type of activations on the matrix' device,
  ///   [inputs, columns]
  /// @return the same type, [inputs, rows]
  Tensor multiply(Tensor input);

  /// The products of several matrices with the same input, which is rounded once where they round
  /// alike. The same bits as [#multiply] gives.
  ///
  /// @return [inputs, rows] for each matrix
  static List<Tensor> multiplyAll(List<QuantizedMatrix> matrices, Tensor input) {
    List<PanelMatrix> panels = new ArrayList<>();
    for (QuantizedMatrix matrix : matrices) {
      if (matrix instanceof PanelMatrix panel
          && (panels.isEmpty() || panels.getFirst().roundsAs(panel))) {
        panels.add(panel);
      }
    }
    return panels.size() == matrices.size()
        ? PanelMatrix.multiplyAll(panels, input)
        : matrices.stream().map(matrix -> matrix.multiply(input)).toList();
  }

  /// The packed numbers and scales, read where they lie; empty if the kernels' library keeps them
  /// to itself. The minimums are not part of it: its layout has none.
  Optional<BlockMatrix> numbers();

  @Override
  void close();
}
