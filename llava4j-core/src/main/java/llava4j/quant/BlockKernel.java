package llava4j.quant;

import java.util.Arrays;
import java.util.List;
import llava4j.quant.BlockMatrix.Layout;

/// Who multiplies a [QuantizedMatrix] with a few rows, and packs it for that. In the order in which
/// equals are preferred: a library before kernels of ours.
public enum BlockKernel {
  /// ONNX Runtime's `MatMulNBits` (ADR 23).
  ONNX_RUNTIME,

  /// Our own kernels on the Vector API (ADR 30).
  PANELS;

  /// Those that this JVM has.
  public static List<BlockKernel> available() {
    return Arrays.stream(values())
        .filter(kernel -> kernel != PANELS || VectorSupport.isAvailable())
        .toList();
  }

  /// The one that is taken where nothing was measured.
  public static BlockKernel usual() {
    return VectorSupport.isAvailable() ? PANELS : ONNX_RUNTIME;
  }

  /// The most bytes that a packed matrix of this shape takes.
  public long bytes(Layout layout, long rows, long columns) {
    return switch (this) {
      case PANELS -> PanelLayout.most(layout, rows, columns).bytes();
      case ONNX_RUNTIME -> OnnxMatrix.bytes(layout, rows, columns);
    };
  }

  /// The kernel of this JVM, in words.
  public String describe() {
    return switch (this) {
      case PANELS -> "panels, " + HalfMatVecVector.vectorBits() + " bits";
      case ONNX_RUNTIME -> "ONNX Runtime";
    };
  }
}
