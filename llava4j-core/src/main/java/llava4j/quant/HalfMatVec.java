package llava4j.quant;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicBoolean;
import llava4j.tensor.DType;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.ParallelChunks;

/// Product of a 16-bit matrix and an fp32 row: `y[o] = Σᵢ W[o, i] x[i]`.
///
/// libtorch has no such product at memory bandwidth (its fp16 `mv` reads 9 GB/s, the memory 31
/// GB/s). The rows are distributed over the same number of threads as in libtorch.
public final class HalfMatVec {
  static final ValueLayout.OfShort HALF =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /// Minimum number of weights for which another thread is worthwhile.
  private static final long SLICE_WEIGHTS = 1 << 15;

  /// Many small parts, so that a thread that loses its core to another process delays only a small
  /// part.
  private static final int SLICES_PER_THREAD = 8;

  private static final long ROW_GROUP = 4;

  static final int F16_EXPONENT = 0x7C00;
  private static final int F16_LEAST_EXPONENT = 0x0400;
  private static final int F16_SIGN = 0x8000;

  private HalfMatVec() {}

  /// Whether numbers in F16 are finite.
  ///
  /// @param halves address of the first one
  static boolean areFinite(long halves, int count) {
    boolean finite = true;
    for (int i = 0; i < count; i++) {
      short bits =
          PagedAttention.MEMORY.get(
              ValueLayout.JAVA_SHORT_UNALIGNED, halves + (long) i * Short.BYTES);
      finite &= (bits & F16_EXPONENT) != F16_EXPONENT;
    }
    return finite;
  }

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

  /// Multiplies with the fastest kernel that this JVM supports.
  ///
  /// @param weight address of [outDim, inDim], row-major
  /// @param type F16 or BF16
  /// @param input address of `[inDim]` fp32
  /// @param output address of `[outDim]` fp32, written
  public static void multiply(
      long weight, DType type, long outDim, long inDim, long input, long output) {
    Kernel kernel = VectorSupport.isAvailable() ? vectorKernel(type) : plainKernel(type);
    multiply(
        kernel,
        NativeRuntime.numThreads(),
        segment(weight, outDim * inDim * Short.BYTES),
        outDim,
        inDim,
        segment(input, inDim * Float.BYTES),
        segment(output, outDim * Float.BYTES));
  }

  /// Whether all values of an F16 matrix are finite; the fast kernel reads NaN and infinity as
  /// numbers of 65536 and more.
  ///
  /// @param weight address of `numWeights` numbers
  public static boolean isFiniteF16(long weight, long numWeights) {
    MemorySegment values = segment(weight, numWeights * Short.BYTES);
    AtomicBoolean finite = new AtomicBoolean(true);
    ParallelChunks.runRanges(
        NativeRuntime.numThreads(),
        numWeights,
        SLICE_WEIGHTS,
        () ->
            (first, end) -> {
              if (!isFiniteF16(values, first, end)) {
                finite.set(false);
              }
            });
    return finite.get();
  }

  /// Adding one to an exponent of ones carries into the sign's place.
  private static boolean isFiniteF16(MemorySegment values, long first, long end) {
    int carried = 0;
    for (long i = first; i < end; i++) {
      carried |= (values.getAtIndex(HALF, i) & F16_EXPONENT) + F16_LEAST_EXPONENT;
    }
    return (carried & F16_SIGN) == 0;
  }

  static void multiply(
      Kernel kernel,
      int threads,
      MemorySegment weight,
      long outDim,
      long inDim,
      MemorySegment input,
      MemorySegment output) {
    slices(
        threads,
        outDim,
        inDim,
        (first, end) -> kernel.multiply(weight, inDim, input, output, first, end));
  }

  /// Distributes the output rows over threads.
  static void slices(int threads, long outDim, long inDim, ParallelChunks.RangeWork slice) {
    long slices = Math.min((long) SLICES_PER_THREAD * threads, outDim * inDim / SLICE_WEIGHTS);
    if (threads == 1 || slices <= 1) {
      slice.accept(0, outDim);
      return;
    }
    ParallelChunks.run(
        threads,
        slices,
        () ->
            number ->
                slice.accept(
                    firstRow(outDim, number, slices), firstRow(outDim, number + 1, slices)));
  }

  /// Slices begin at whole groups of rows, which the fast kernel processes together.
  private static long firstRow(long outDim, long slice, long slices) {
    return slice == slices ? outDim : outDim * slice / slices / ROW_GROUP * ROW_GROUP;
  }

  static Kernel vectorKernel(DType type) {
    return switch (type) {
      case F16 -> HalfMatVecVector::multiplyF16;
      case BF16 -> HalfMatVecVector::multiplyBf16;
      case F64, F32, I64, I32, I16, I8, U8, BOOL -> throw notHalf(type);
    };
  }

  /// The readable kernel with plain loops, the reference for the fast one.
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
  static MemorySegment segment(long address, long bytes) {
    return MemorySegment.ofAddress(address).reinterpret(bytes);
  }

  static IllegalArgumentException notHalf(DType type) {
    return new IllegalArgumentException("a 16-bit matrix is F16 or BF16, not " + type);
  }
}
