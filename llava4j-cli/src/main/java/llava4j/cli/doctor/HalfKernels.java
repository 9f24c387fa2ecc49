package llava4j.cli.doctor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import llava4j.quant.HalfMatMul;
import llava4j.quant.HalfMatVec;
import llava4j.tensor.DType;

/// The kernels of 16-bit weights, which decode steps use.
record HalfKernels() implements Check {
  private static final int TIMED = 4096;
  private static final int ROUNDS = 30;

  /// Outputs, columns and rows; most fill no vector.
  private static final int[][] SHAPES = {{64, 4096, 1}, {37, 519, 1}, {33, 519, 3}, {64, 1027, 8}};

  @Override
  public String name() {
    return "kernels";
  }

  @Override
  public List<Finding> run() {
    return List.of(finding(DType.F16, "fp16"), finding(DType.BF16, "bf16"));
  }

  private static Finding finding(DType type, String words) {
    Trial trial = new Trial(words + " weights x fp32 rows", "use --weights fp32");
    Random random = new Random(7);
    for (int[] shape : SHAPES) {
      for (Numbers numbers : Numbers.values()) {
        compare(trial, type, shape, numbers, random);
      }
    }
    try (Arena arena = Arena.ofShared()) {
      short[] weights = halves(type, Numbers.RANDOM.floats(random, TIMED * TIMED));
      MemorySegment matrix = arena.allocateFrom(ValueLayout.JAVA_SHORT, weights);
      MemorySegment input =
          arena.allocateFrom(ValueLayout.JAVA_FLOAT, Numbers.RANDOM.floats(random, TIMED));
      MemorySegment output = arena.allocate(TIMED * 4L, 4);
      double seconds =
          Trial.best(
              ROUNDS,
              () ->
                  HalfMatVec.multiply(
                      matrix.address(), type, TIMED, TIMED, input.address(), output.address()));
      trial.timed(TIMED + " x " + TIMED, seconds, matrix.byteSize() / 1e9, "GB/s");
    }
    return trial.finding();
  }

  private static void compare(
      Trial trial, DType type, int[] shape, Numbers numbers, Random random) {
    int outputs = shape[0];
    int columns = shape[1];
    int rows = shape[2];
    short[] weights = halves(type, numbers.floats(random, outputs * columns));
    float[] x = numbers.floats(random, rows * columns);
    float[] found = new float[rows * outputs];
    try (Arena arena = Arena.ofShared()) { // other threads read it
      long matrix = arena.allocateFrom(ValueLayout.JAVA_SHORT, weights).address();
      long input = arena.allocateFrom(ValueLayout.JAVA_FLOAT, x).address();
      MemorySegment output = arena.allocate(found.length * 4L, 4);
      if (rows == 1) {
        HalfMatVec.multiply(matrix, type, outputs, columns, input, output.address());
      } else {
        HalfMatMul.multiply(matrix, type, outputs, columns, input, rows, output.address());
      }
      MemorySegment.copy(output, ValueLayout.JAVA_FLOAT, 0, found, 0, found.length);
    }
    String where = numbers + ", " + outputs + " x " + columns + ", " + rows + " row(s)";
    for (int row = 0; row < rows; row++) {
      for (int out = 0; out < outputs; out++) {
        double sum = 0;
        double magnitude = 0;
        for (int i = 0; i < columns; i++) {
          double product =
              (double) widened(type, weights[out * columns + i]) * x[row * columns + i];
          sum += product;
          magnitude += Math.abs(product);
        }
        // what a sum of so many fp32 numbers may lose, in any order
        double allowed = magnitude * columns * 0x1p-24;
        trial.expect(found[row * outputs + out], sum, allowed, where);
      }
    }
  }

  static short[] halves(DType type, float[] values) {
    short[] halves = new short[values.length];
    for (int i = 0; i < values.length; i++) {
      halves[i] =
          type == DType.F16
              ? Float.floatToFloat16(values[i])
              : (short) (Float.floatToRawIntBits(values[i]) >>> 16);
    }
    return halves;
  }

  static float widened(DType type, short half) {
    return type == DType.F16 ? Float.float16ToFloat(half) : Float.intBitsToFloat(half << 16);
  }
}
