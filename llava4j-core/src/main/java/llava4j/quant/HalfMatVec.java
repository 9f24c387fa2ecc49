package llava4j.quant;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.concurrent.ForkJoinPool;
import java.util.stream.IntStream;
import llava4j.tensor.DType;

/// Product of a 16-bit matrix and an fp32 row: y[o] = Σᵢ W[o, i] x[i].
///
/// libtorch has no such product at memory speed (its fp16 `mv` reads 9 GB/s where memory gives 31).
/// Rows are dealt to the common pool's threads in equal slices.
public final class HalfMatVec {
  static final ValueLayout.OfShort HALF =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /// Below this many weights a second thread costs more than it brings.
  private static final long SERIAL_WEIGHTS = 1 << 16;

  private HalfMatVec() {}

  /// One slice of output rows.
  @FunctionalInterface
  interface Kernel {
    /// @param weight [outDim, inDim] row-major, 16 bits each
    /// @param input [inDim] fp32
    /// @param output [outDim] fp32
    void multiply(
        MemorySegment weight,
        long inDim,
        MemorySegment input,
        MemorySegment output,
        long firstRow,
        long endRow);
  }

  /// Multiplies with the fastest kernel that this JVM was started for.
  ///
  /// @param weight address of [outDim, inDim], row-major
  /// @param type F16 or BF16
  /// @param input address of [inDim] fp32
  /// @param output address of [outDim] fp32, written
  public static void multiply(
      long weight, DType type, long outDim, long inDim, long input, long output) {
    Kernel kernel = VectorSupport.isAvailable() ? vectorKernel(type) : plainKernel(type);
    multiply(
        kernel,
        segment(weight, outDim * inDim * Short.BYTES),
        outDim,
        inDim,
        segment(input, inDim * Float.BYTES),
        segment(output, outDim * Float.BYTES));
  }

  static void multiply(
      Kernel kernel,
      MemorySegment weight,
      long outDim,
      long inDim,
      MemorySegment input,
      MemorySegment output) {
    int threads = outDim * inDim < SERIAL_WEIGHTS ? 1 : ForkJoinPool.getCommonPoolParallelism() + 1;
    if (threads == 1) {
      kernel.multiply(weight, inDim, input, output, 0, outDim);
      return;
    }
    IntStream.range(0, threads)
        .parallel()
        .forEach(slice ->
            kernel.multiply(
                weight,
                inDim,
                input,
                output,
                outDim * slice / threads,
                outDim * (slice + 1) / threads));
  }

  static Kernel vectorKernel(DType type) {
    return switch (type) {
      case F16 -> HalfMatVecVector::multiplyF16;
      case BF16 -> HalfMatVecVector::multiplyBf16;
      case F64, F32, I64, I32, I16, I8, U8, BOOL -> throw notHalf(type);
    };
  }

  /// The kernel to read: plain loops, the yardstick of the fast one.
  static Kernel plainKernel(DType type) {
    return switch (type) {
      case F16 ->
          (weight, inDim, input, output, first, end) ->
              plain(weight, inDim, input, output, first, end, HalfMatVec::widenF16);
      case BF16 ->
          (weight, inDim, input, output, first, end) ->
              plain(weight, inDim, input, output, first, end, HalfMatVec::widenBf16);
      case F64, F32, I64, I32, I16, I8, U8, BOOL -> throw notHalf(type);
    };
  }

  /// One weight as an fp32.
  interface Widen {
    float widen(short bits);
  }

  static float widenF16(short bits) {
    return Float.float16ToFloat(bits);
  }

  static float widenBf16(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  private static void plain(
      MemorySegment weight,
      long inDim,
      MemorySegment input,
      MemorySegment output,
      long first,
      long end,
      Widen widen) {
    for (long row = first; row < end; row++) {
      float sum = 0;
      for (long i = 0; i < inDim; i++) {
        sum += widen.widen(weight.getAtIndex(HALF, row * inDim + i)) * input.getAtIndex(FLOAT, i);
      }
      output.setAtIndex(FLOAT, row, sum);
    }
  }

  @SuppressWarnings("restricted") // the addresses come from live tensors of exactly these sizes
  private static MemorySegment segment(long address, long bytes) {
    return MemorySegment.ofAddress(address).reinterpret(bytes);
  }

  private static IllegalArgumentException notHalf(DType type) {
    return new IllegalArgumentException("a 16-bit matrix is F16 or BF16, not " + type);
  }
}
