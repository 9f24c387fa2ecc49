package llava4j.quant;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.ParallelChunks;

/// Rows of activations rounded to signed bytes, with one scale per row: value ≈ scale · number,
/// numbers from -127 to 127. For products of integers with many rows.
public final class ByteRows {
  /// The largest number.
  static final float MOST = 127;

  /// Smaller values count as zero: their factor would be infinite.
  static final float LEAST = 1e-30f;

  private static final int ROWS_PER_CHUNK = 4;

  private final float[] scales; // [rows]
  private final float[] peaks; // [rows]

  ByteRows(int rows) {
    this.scales = new float[rows];
    this.peaks = new float[rows];
  }

  /// Rounds with all threads. A row that holds NaN or infinity gets the scale NaN, so that its
  /// products are NaN.
  ///
  /// @param input address of [rows, columns] fp32
  /// @param target address of [rows, stride] bytes, of which the first `columns` are written
  public static ByteRows round(long input, int rows, int columns, long target, long stride) {
    ByteRows rounded = new ByteRows(rows);
    MemorySegment values = segment(input, (long) rows * columns * Float.BYTES);
    MemorySegment bytes = segment(target, rows * stride);
    RowKernel kernel = VectorSupport.isAvailable() ? ByteRowsVector::round : ByteRows::plain;
    ParallelChunks.runRows(
        NativeRuntime.numThreads(),
        rows,
        ROWS_PER_CHUNK,
        row ->
            kernel.round(
                values,
                row * columns * Float.BYTES,
                columns,
                bytes,
                row * stride,
                rounded,
                Math.toIntExact(row)));
    return rounded;
  }

  /// The scale of each row. `[rows]`
  public float[] scales() {
    return scales;
  }

  /// The largest magnitude of each row, in units of the root of its mean square: 1 to the root of
  /// the number of columns, 0 for a row of zeros, NaN for one with NaN or infinity. `[rows]`
  public float[] peaks() {
    return peaks;
  }

  /// Rounds one row.
  @FunctionalInterface
  interface RowKernel {
    /// @param at byte of the row's first value
    /// @param to place of the row's first number
    void round(
        MemorySegment input,
        long at,
        int columns,
        MemorySegment target,
        long to,
        ByteRows into,
        int row);
  }

  /// The kernel to read.
  static void plain(
      MemorySegment input,
      long at,
      int columns,
      MemorySegment target,
      long to,
      ByteRows into,
      int row) {
    int largest = 0;
    float squares = 0;
    for (int i = 0; i < columns; i++) {
      float value = input.get(HalfMatVec.FLOAT, at + 4L * i);
      largest = Math.max(largest, Float.floatToRawIntBits(value) & Integer.MAX_VALUE);
      squares += value * value;
    }
    float inverse = into.set(row, Float.intBitsToFloat(largest), squares, columns);
    for (int i = 0; i < columns; i++) {
      target.set(
          ValueLayout.JAVA_BYTE,
          to + i,
          nearest(input.get(HalfMatVec.FLOAT, at + 4L * i) * inverse));
    }
  }

  /// Stores a row's scale and peak.
  ///
  /// @param largest the largest magnitude, or NaN
  /// @return the factor from values to numbers
  float set(int row, float largest, float squares, int columns) {
    float inverse = inverse(largest);
    scales[row] = Float.isFinite(largest) ? scale(largest) : Float.NaN;
    peaks[row] =
        inverse == 0 && Float.isFinite(largest)
            ? 0
            : largest / (float) Math.sqrt(squares / columns);
    return inverse;
  }

  /// The factor from values to numbers; 0 for values that are too small for it, and for NaN and
  /// infinity.
  static float inverse(float largest) {
    return largest >= LEAST && Float.isFinite(largest) ? MOST / largest : 0;
  }

  /// The factor from numbers to values.
  static float scale(float largest) {
    return largest < LEAST ? 0 : largest / MOST; // NaN stays NaN
  }

  /// To nearest, ties to even; 0 for NaN.
  static byte nearest(float value) {
    return (byte) Math.rint(value);
  }

  @SuppressWarnings("restricted") // the caller's memory has exactly this size
  static MemorySegment segment(long address, long bytes) {
    return MemorySegment.ofAddress(address).reinterpret(bytes);
  }
}
