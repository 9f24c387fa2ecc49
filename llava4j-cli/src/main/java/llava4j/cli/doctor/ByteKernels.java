package llava4j.cli.doctor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import llava4j.cli.doctor.Finding.NotRun;
import llava4j.quant.ByteRows;
import llava4j.quant.ByteSums;
import llava4j.tensor.ByteMatMul;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// The kernels of prompts with quantised weights: activations to bytes, products of bytes, sums
/// back to fp32.
record ByteKernels() implements Check {
  private static final String REMEDY = "use --weights fp16";
  private static final int ROWS = 5;
  private static final int ROUNDS = 10;
  private static final int TIMED = 1024;
  private static final int[] COLUMNS = {4096, 519, 7};

  /// The largest sum of 4096 products.
  private static final int LARGEST_SUM = 255 * 127 * 4096;

  @Override
  public String name() {
    return "kernels";
  }

  @Override
  public List<Finding> run() {
    List<Finding> findings = new ArrayList<>(List.of(rounded(), summed()));
    try (Scope _ = new Scope()) {
      Optional<ByteMatMul> product = ByteMatMul.find();
      if (product.isPresent()) {
        findings.add(multiplied(product.get()));
      } else {
        findings.add(
            new NotRun(
                "products of bytes: no VNNI here, or sums are not exact; prompts of quantised models are"
                    + " multiplied otherwise"));
      }
    }
    return findings;
  }

  private static Finding rounded() {
    Trial trial = new Trial("rows rounded to bytes", REMEDY);
    Random random = new Random(3);
    for (int columns : COLUMNS) {
      for (Numbers numbers : Numbers.values()) {
        float[] x = numbers.floats(random, ROWS * columns);
        java.util.Arrays.fill(x, 0, columns, 0); // a row of zeros
        byte[] found = new byte[ROWS * columns];
        float[] scales;
        try (Arena arena = Arena.ofShared()) {
          MemorySegment bytes = arena.allocate(found.length);
          long input = arena.allocateFrom(ValueLayout.JAVA_FLOAT, x).address();
          scales = ByteRows.round(input, ROWS, columns, bytes.address(), columns).scales();
          MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, 0, found, 0, found.length);
        }
        for (int row = 0; row < ROWS; row++) {
          double largest = 0;
          for (int i = row * columns; i < (row + 1) * columns; i++) {
            largest = Math.max(largest, Math.abs(x[i]));
          }
          double scale = largest / 127;
          String where = numbers + ", " + columns + " columns";
          trial.expect(scales[row], scale, scale * 1e-6, where + ", scale");
          for (int i = row * columns; i < (row + 1) * columns; i++) {
            trial.expect(found[i] * scale, x[i], scale * 0.5001, where);
          }
        }
      }
    }
    return trial.finding();
  }

  private static Finding summed() {
    Trial trial = new Trial("sums of bytes to fp32", REMEDY);
    Random random = new Random(4);
    for (int count : COLUMNS) {
      int[] sums = random.ints((long) ROWS * count, -LARGEST_SUM, LARGEST_SUM).toArray();
      sums[0] = LARGEST_SUM;
      sums[count - 1] = -LARGEST_SUM;
      float[] rowScales = Numbers.RANDOM.floats(random, ROWS);
      float[] columnScales = Numbers.RANDOM.floats(random, count);
      float[] found = new float[ROWS * count];
      try (Arena arena = Arena.ofShared()) {
        long input = arena.allocateFrom(ValueLayout.JAVA_INT, sums).address();
        MemorySegment output = arena.allocate(found.length * 4L, 4);
        ByteSums.toFloats(input, rowScales, count, columnScales, output.address(), count);
        MemorySegment.copy(output, ValueLayout.JAVA_FLOAT, 0, found, 0, found.length);
      }
      for (int row = 0; row < ROWS; row++) {
        for (int i = 0; i < count; i++) {
          int at = row * count + i;
          double exact = (double) sums[at] * rowScales[row] * columnScales[i];
          trial.expect(found[at], exact, Math.abs(exact) * 3e-7, count + " sums in a row");
        }
      }
    }
    return trial.finding();
  }

  private static Finding multiplied(ByteMatMul product) {
    Trial trial = new Trial("bytes x bytes", REMEDY);
    Random random = new Random(5);
    for (int columns : COLUMNS) {
      for (Numbers numbers : List.of(Numbers.RANDOM, Numbers.LARGEST)) {
        byte[] rows = bytes(numbers, random, ROWS * columns);
        byte[] weights = bytes(numbers, random, 67 * columns);
        try (Scope _ = new Scope()) {
          Tensor sums = empty(DType.I32, ROWS, 67);
          product.multiply(tensor(rows, ROWS, columns), tensor(weights, 67, columns), sums);
          long[] found = Tensors.toLongs(sums);
          for (int row = 0; row < ROWS; row++) {
            for (int out = 0; out < 67; out++) {
              long sum = 0;
              for (int i = 0; i < columns; i++) {
                sum += (long) rows[row * columns + i] * weights[out * columns + i];
              }
              trial.expect(
                  (double) found[row * 67 + out],
                  (double) sum,
                  0,
                  numbers + ", " + columns + " columns");
            }
          }
        }
      }
    }
    try (Scope _ = new Scope()) {
      Tensor left = tensor(bytes(Numbers.RANDOM, random, TIMED * TIMED), TIMED, TIMED);
      Tensor right = tensor(bytes(Numbers.RANDOM, random, TIMED * TIMED), TIMED, TIMED);
      Tensor sums = empty(DType.I32, TIMED, TIMED);
      double seconds = Trial.best(ROUNDS, () -> product.multiply(left, right, sums));
      trial.timed("1024 x 1024 x 1024", seconds, 2.0 * TIMED * TIMED * TIMED / 1e9, "Gop/s");
    }
    return trial.finding();
  }

  private static byte[] bytes(Numbers numbers, Random random, int count) {
    float[] values = numbers.floats(random, count);
    byte[] bytes = new byte[count];
    for (int i = 0; i < count; i++) {
      bytes[i] =
          (byte)
              Math.clamp(
                  Math.round(numbers == Numbers.RANDOM ? values[i] * 50 : values[i]), -127, 127);
    }
    return bytes;
  }

  private static Tensor tensor(byte[] values, long... shape) {
    Tensor tensor = empty(DType.I8, shape);
    new org.bytedeco.javacpp.BytePointer(tensor.data_ptr()).put(values);
    return tensor;
  }

  private static Tensor empty(DType type, long... shape) {
    return torch.empty(shape, Tensors.options(type), new MemoryFormatOptional());
  }
}
