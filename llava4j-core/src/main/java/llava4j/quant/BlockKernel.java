package llava4j.quant;

import java.util.Arrays;
import java.util.List;
import llava4j.quant.BlockMatrix.Layout;
import llava4j.quant.PanelShape.Lanes;

/// Who multiplies a [QuantizedMatrix] with a few rows, and packs it for that. In the order in which
/// equals are preferred: a library before kernels of ours.
public enum BlockKernel {
  /// ONNX Runtime's `MatMulNBits` (ADR 23).
  ONNX_RUNTIME,

  /// Our own kernels on the Vector API (ADR 30).
  PANELS,

  /// Our own kernels in machine code of this processor (ADR 47).
  ASSEMBLED;

  /// Those that this JVM has.
  public static List<BlockKernel> available() {
    return Arrays.stream(values()).filter(BlockKernel::isAvailable).toList();
  }

  private boolean isAvailable() {
    return switch (this) {
      case ONNX_RUNTIME -> true;
      case PANELS -> VectorSupport.isAvailable();
      case ASSEMBLED -> AssembledKernels.ofProcess().isPresent();
    };
  }

  /// The one that is taken where nothing was measured.
  public static BlockKernel usual() {
    return available().getLast();
  }

  /// The instructions of [#ASSEMBLED] on this machine, or "none".
  public static String describeAssembled() {
    return AssembledKernels.ofProcess().map(kernels -> kernels.set().toString()).orElse("none");
  }

  /// Whether it keeps weights in the size of their file, so that they can be read.
  public boolean isOurs() {
    return this != ONNX_RUNTIME;
  }

  /// The most bytes that a packed matrix of this shape takes.
  public long bytes(Layout layout, long rows, long columns) {
    return switch (this) {
      case PANELS -> PanelLayout.most(layout, Lanes.SHORTS, rows, columns).bytes();
      case ASSEMBLED -> PanelLayout.most(layout, Lanes.INTS, rows, columns).bytes();
      case ONNX_RUNTIME -> OnnxMatrix.bytes(layout, rows, columns);
    };
  }

  /// The kernel of this JVM, in words.
  public String describe() {
    return switch (this) {
      case PANELS -> "panels, " + HalfMatVecVector.vectorBits() + " bits";
      case ASSEMBLED -> "machine code, " + describeAssembled();
      case ONNX_RUNTIME -> "ONNX Runtime";
    };
  }
}
