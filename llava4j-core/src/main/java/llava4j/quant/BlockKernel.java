package llava4j.quant;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import llava4j.quant.BlockMatrix.Layout;
import llava4j.quant.PanelShape.Lanes;
import llava4j.tensor.Device;

/// Who multiplies a [QuantizedMatrix] with a few rows, and packs it for that. In the order in which
/// equals are preferred: a library before kernels of ours.
public enum BlockKernel {
  /// ONNX Runtime's `MatMulNBits` (ADR 23).
  ONNX_RUNTIME,

  /// Our own kernels on the Vector API (ADR 30).
  PANELS,

  /// Our own kernels in machine code of this processor (ADR 47).
  ASSEMBLED,

  /// libtorch's products of 4-bit numbers, for weights on a GPU (see [NibbleMatrix]). On a
  /// processor they are no choice, because our own kernels are faster.
  NIBBLES;

  /// Those that this JVM has.
  public static List<BlockKernel> available() {
    return Arrays.stream(values()).filter(BlockKernel::isAvailable).toList();
  }

  private boolean isAvailable() {
    return switch (this) {
      case ONNX_RUNTIME -> true;
      case PANELS -> VectorSupport.isAvailable();
      case ASSEMBLED -> AssembledKernels.ofProcess().isPresent();
      case NIBBLES -> false;
    };
  }

  /// The only one of a device; empty on a processor, which has several.
  public static Optional<BlockKernel> only(Device device) {
    return switch (device) {
      case Device.Cpu _ -> Optional.empty();
      case Device.Cuda _ -> Optional.of(NIBBLES);
    };
  }

  /// Whether it multiplies blocks of this layout.
  public boolean takes(Layout layout) {
    return this != NIBBLES || NibbleMatrix.takes(layout);
  }

  /// Whether the minimums of blocks are part of its products; otherwise they are stored and
  /// multiplied separately.
  public boolean hasMinimums() {
    return this == NIBBLES;
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
    return switch (this) {
      case PANELS, ASSEMBLED -> true;
      case ONNX_RUNTIME, NIBBLES -> false;
    };
  }

  /// The most bytes that a packed matrix of this shape takes.
  public long bytes(Layout layout, long rows, long columns) {
    return switch (this) {
      case PANELS -> PanelLayout.most(layout, Lanes.SHORTS, rows, columns).bytes();
      case ASSEMBLED -> PanelLayout.most(layout, Lanes.INTS, rows, columns).bytes();
      case ONNX_RUNTIME -> OnnxMatrix.bytes(layout, rows, columns);
      case NIBBLES -> NibbleMatrix.bytes(layout, rows, columns);
    };
  }

  /// The kernel of this JVM, in words.
  public String describe() {
    return switch (this) {
      case PANELS -> "panels, " + HalfMatVecVector.vectorBits() + " bits";
      case ASSEMBLED -> "machine code, " + describeAssembled();
      case ONNX_RUNTIME -> "ONNX Runtime";
      case NIBBLES -> "libtorch's products of 4 bits, 8 bits as two halves";
    };
  }

  /// What it does with many rows, in words.
  public String describeManyRows() {
    return switch (this) {
      case PANELS, ASSEMBLED, ONNX_RUNTIME -> "the same kernels";
      case NIBBLES -> "widened to bf16 from " + NibbleMatrix.FEWEST_WIDE + " rows on";
    };
  }
}
