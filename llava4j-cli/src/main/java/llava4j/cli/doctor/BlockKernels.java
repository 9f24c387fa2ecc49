package llava4j.cli.doctor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import llava4j.quant.BlockKernel;
import llava4j.quant.BlockMatrix;
import llava4j.quant.BlockMatrix.Layout;
import llava4j.quant.BlockMatrix.Row;
import llava4j.quant.BlockWidener;
import llava4j.quant.PackingMemory;
import llava4j.quant.QuantizedMatrix;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/// The kernels of 4- and 8-bit weights: products, and rows widened to bf16.
record BlockKernels() implements Check {
  private static final String REMEDY =
      "use --weights fp16, or LLAVA_JAVA_OPTS=-Dllava.assembly=off if it is machine code";
  private static final int ROUNDS = 20;
  private static final int TIMED = 4096;

  /// Half a step of bf16, and what fp32 loses before.
  private static final double BF16_ROUNDING = 0x1p-8 * 1.001;

  /// Half a step of an activation that was rounded to 8 bits.
  private static final double ACTIVATION_ROUNDING = 0.5 / 127;

  @Override
  public String name() {
    return "kernels";
  }

  @Override
  public List<Finding> run() {
    List<Finding> findings = new ArrayList<>();
    for (int bits : new int[] {4, 8}) {
      for (BlockKernel kernel : BlockKernel.available()) {
        findings.add(multiplied(bits, kernel));
      }
      findings.add(widened(bits));
    }
    return findings;
  }

  private static Finding multiplied(int bits, BlockKernel kernel) {
    Trial trial = new Trial(bits + "-bit weights x fp32 rows (" + kernel.describe() + ")", REMEDY);
    Random random = new Random(bits);
    PackingMemory memory = new PackingMemory();
    for (int block : new int[] {16, 32}) {
      for (int inputs : new int[] {1, 3, 4, 9}) {
        for (Numbers numbers : Numbers.values()) {
          Made matrix = new Made(new Layout(bits, block, false), 49, 320, numbers, random);
          compare(trial, matrix, numbers.floats(random, inputs * 320), numbers, memory, kernel);
        }
      }
    }
    Made large = new Made(new Layout(bits, 32, false), TIMED, TIMED, Numbers.RANDOM, random);
    try (Scope _ = new Scope();
        QuantizedMatrix quantized = QuantizedMatrix.of(large, memory, kernel)) {
      Tensor input = Tensors.ofFloats(Numbers.RANDOM.floats(random, TIMED), 1, TIMED);
      double seconds =
          Trial.best(
              ROUNDS,
              () -> {
                try (Scope _ = new Scope()) {
                  Tensor _ = quantized.multiply(input);
                }
              });
      double bytes = kernel.bytes(large.layout(), TIMED, TIMED);
      trial.timed(TIMED + " x " + TIMED, seconds, bytes / 1e9, "GB/s");
    }
    return trial.finding();
  }

  private static void compare(
      Trial trial,
      Made matrix,
      float[] x,
      Numbers numbers,
      PackingMemory memory,
      BlockKernel kernel) {
    int columns = Math.toIntExact(matrix.columns());
    int inputs = x.length / columns;
    int outputs = Math.toIntExact(matrix.rows());
    int block = matrix.layout().blockValues();
    try (Scope _ = new Scope();
        QuantizedMatrix quantized = QuantizedMatrix.of(matrix, memory, kernel)) {
      float[] found = Tensors.toFloats(quantized.multiply(Tensors.ofFloats(x, inputs, columns)));
      for (int out = 0; out < outputs; out++) {
        for (int n = 0; n < inputs; n++) {
          double sum = 0;
          double allowed = 0;
          for (int first = 0; first < columns; first += block) {
            double largest = 0;
            double weights = 0;
            for (int i = first; i < first + block; i++) {
              double weight = matrix.values[out][i];
              sum += weight * x[n * columns + i];
              largest = Math.max(largest, Math.abs(x[n * columns + i]));
              weights += Math.abs(weight);
            }
            allowed += largest * weights * (ACTIVATION_ROUNDING + 1e-5);
          }
          String where = numbers + ", blocks of " + block + ", " + inputs + " row(s)";
          trial.expect(found[n * outputs + out], sum, allowed, where);
        }
      }
    }
  }

  private static Finding widened(int bits) {
    Trial trial = new Trial(bits + "-bit weights to bf16", REMEDY);
    Random random = new Random(20 + bits);
    for (int block : new int[] {16, 32}) {
      for (boolean minimums : new boolean[] {false, true}) {
        for (Numbers numbers : Numbers.values()) {
          int columns = 32 * 9 + (block == 16 ? 16 : 0);
          Made matrix = new Made(new Layout(bits, block, minimums), 19, columns, numbers, random);
          short[] found = new short[19 * columns];
          try (Arena arena = Arena.ofShared()) {
            MemorySegment target = arena.allocate(found.length * 2L, 2);
            BlockWidener.toBf16(matrix, 0, 19, target.address());
            MemorySegment.copy(target, ValueLayout.JAVA_SHORT, 0, found, 0, found.length);
          }
          for (int i = 0; i < found.length; i++) {
            double exact = matrix.values[i / columns][i % columns];
            double lost = matrix.magnitudes[i / columns][i % columns] * 0x1p-23;
            trial.expect(
                HalfKernels.widened(DType.BF16, found[i]),
                exact,
                Math.abs(exact) * BF16_ROUNDING + lost,
                numbers + ", blocks of " + block + (minimums ? " with minimums" : ""));
          }
        }
      }
    }
    return trial.finding();
  }

  /// A matrix whose decoded numbers are known in double precision.
  private static final class Made implements BlockMatrix {
    private final Layout layout;
    private final boolean halfScales;
    private final Row[] rows;
    private final double[][] values;
    private final double[][] magnitudes; // of what was added

    Made(Layout layout, int count, int columns, Numbers numbers, Random random) {
      this.layout = layout;
      this.halfScales = layout.blockValues() == 32;
      this.rows = new Row[count];
      this.values = new double[count][columns];
      this.magnitudes = new double[count][columns];
      for (int r = 0; r < count; r++) {
        rows[r] = new Row(layout, columns);
        fill(rows[r], values[r], magnitudes[r], numbers, random);
      }
    }

    private void fill(
        Row row, double[] decoded, double[] magnitude, Numbers numbers, Random random) {
      int least = layout.bits() == 4 ? -8 : -128;
      int most = -least - 1;
      boolean up = random.nextBoolean();
      for (int block = 0; block < row.scales.length; block++) {
        float scale = 0.01f + random.nextFloat();
        // as most files have them, in 16 bits
        row.scales[block] = halfScales ? Float.float16ToFloat(Float.floatToFloat16(scale)) : scale;
        if (layout.hasMinimums()) {
          row.minimums[block] = (float) random.nextGaussian();
        }
      }
      for (int i = 0; i < decoded.length; i++) {
        int number =
            switch (numbers) {
              case LARGEST -> up ? most : least;
              case RANDOM, MASSIVE -> random.nextInt(least, most + 1);
            };
        int stored = number - least;
        if (layout.bits() == 8) {
          row.packed[i] = (byte) stored;
        } else {
          row.packed[i / 2] |= (byte) (stored << (i % 2 * 4));
        }
        int block = i / layout.blockValues();
        double product = (double) row.scales[block] * number;
        double minimum = layout.hasMinimums() ? row.minimums[block] : 0;
        decoded[i] = product + minimum;
        magnitude[i] = Math.abs(product) + Math.abs(minimum);
      }
    }

    @Override
    public long rows() {
      return rows.length;
    }

    @Override
    public long columns() {
      return values[0].length;
    }

    @Override
    public Layout layout() {
      return layout;
    }

    @Override
    public void read(long row, Row into) {
      Row from = rows[Math.toIntExact(row)];
      System.arraycopy(from.packed, 0, into.packed, 0, from.packed.length);
      System.arraycopy(from.scales, 0, into.scales, 0, from.scales.length);
      System.arraycopy(from.minimums, 0, into.minimums, 0, from.minimums.length);
    }
  }
}
