package llava4j.quant;

import java.lang.foreign.MemorySegment;
import llava4j.tensor.DType;
import llava4j.tensor.NativeRuntime;

/// Product of a 16-bit matrix and a few fp32 rows, as in a decode step of several sequences: `Y[r,
/// o] = Σᵢ W[o, i] X[r, i]`. The weights are read once for all rows.
public final class HalfMatMul {
  /// The most rows: sequences that are decoded together. With more it would still be faster than
  /// widening the matrix, but prompts must be multiplied by the widened matrix: this kernel reads
  /// infinity and NaN in F16 as numbers, which would hide a faulty weight. Measured with one thread
  /// on an AMD EPYC, 11008 x 4096 in F16: 1 row 5 ms, 2 to 4 rows 8.7, 8 rows 12.9; widened 20.7.
  public static final int MOST_ROWS = 8;

  private HalfMatMul() {}

  /// Some output columns.
  @FunctionalInterface
  interface Kernel {
    /// @param weight [outDim, inDim] row-major, 16 bits each
    /// @param output [rows, outDim] fp32, of which the columns from `first` to `end` are written
    void multiply(MemorySegment weight, Rows input, MemorySegment output, long first, long end);
  }

  /// The input of a kernel.
  ///
  /// @param values [count, inDim] fp32
  record Rows(MemorySegment values, int count, long inDim, long outDim) {}

  /// Multiplies with the fastest kernel that this JVM supports.
  ///
  /// @param weight address of [outDim, inDim], row-major
  /// @param type F16 or BF16
  /// @param input address of [rows, inDim] fp32
  /// @param output address of [rows, outDim] fp32, written
  public static void multiply(
      long weight, DType type, long outDim, long inDim, long input, int rows, long output) {
    MemorySegment weights = HalfMatVec.segment(weight, outDim * inDim * Short.BYTES);
    Rows values =
        new Rows(HalfMatVec.segment(input, rows * inDim * Float.BYTES), rows, inDim, outDim);
    MemorySegment written = HalfMatVec.segment(output, rows * outDim * Float.BYTES);
    Kernel kernel = VectorSupport.isAvailable() ? vectorKernel(type, values) : plainKernel(type);
    HalfMatVec.slices(
        NativeRuntime.numThreads(),
        outDim,
        inDim,
        (first, end) -> kernel.multiply(weights, values, written, first, end));
  }

  /// The fast kernel for one input, which it prepares.
  static Kernel vectorKernel(DType type, Rows input) {
    return switch (type) {
      case F16 -> HalfMatMulVector.ofF16(input);
      case BF16 -> HalfMatMulVector.ofBf16(input);
      case F64, F32, I64, I32, I16, I8, U8, BOOL -> throw HalfMatVec.notHalf(type);
    };
  }

  /// The readable kernel, the reference for the fast one.
  static Kernel plainKernel(DType type) {
    HalfMatVec.Kernel one = HalfMatVec.plainKernel(type);
    return (weight, input, output, first, end) -> {
      for (int row = 0; row < input.count(); row++) {
        one.multiply(
            weight,
            input.inDim(),
            input.values().asSlice(row * input.inDim() * Float.BYTES),
            output.asSlice(row * input.outDim() * Float.BYTES),
            first,
            end);
      }
    };
  }
}
