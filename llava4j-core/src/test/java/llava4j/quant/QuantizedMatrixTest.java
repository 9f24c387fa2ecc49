package llava4j.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import llava4j.assembly.InstructionSet;
import llava4j.quant.BlockMatrix.Layout;
import llava4j.quant.BlockMatrix.Row;
import llava4j.quant.PanelShape.Lanes;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The products of both kinds of quantised matrices against plain sums over the decoded numbers.
class QuantizedMatrixTest {
  enum Kind {
    /// Panels with scales in 16 bits.
    HALF_SCALES,
    /// Panels with scales in 32 bits.
    WIDE_SCALES,
    ONNX_RUNTIME,
    AVX512_VNNI,
    AVX512_VNNI_WIDE,
    AVX_VNNI,
    AVX_VNNI_WIDE,
    AVX2,
    AVX2_WIDE;

    QuantizedMatrix pack(BlockMatrix matrix) {
      return switch (this) {
        case HALF_SCALES, WIDE_SCALES -> PanelMatrix.of(matrix);
        case ONNX_RUNTIME -> OnnxMatrix.of(matrix, new PackingMemory());
        case AVX512_VNNI, AVX512_VNNI_WIDE, AVX_VNNI, AVX_VNNI_WIDE, AVX2, AVX2_WIDE ->
            PanelMatrix.of(matrix, new AssembledKernels(set().orElseThrow()));
      };
    }

    /// The instruction set of a kernel in machine code.
    Optional<InstructionSet> set() {
      return Arrays.stream(InstructionSet.values())
          .filter(set -> name().replace("_WIDE", "").equals(set.name()))
          .findFirst();
    }

    boolean hasHalfScales() {
      return this != WIDE_SCALES && this != ONNX_RUNTIME && !name().endsWith("_WIDE");
    }

    /// Those that this machine can run.
    static List<Kind> available() {
      List<InstructionSet> sets = AssembledKernels.available();
      return Arrays.stream(values())
          .filter(kind -> kind.set().isEmpty() || sets.contains(kind.set().get()))
          .toList();
    }

    /// Panels that this machine can multiply.
    static List<Kind> panels() {
      return available().stream().filter(kind -> kind != ONNX_RUNTIME).toList();
    }
  }

  static List<Kind> kinds() {
    return Kind.available();
  }

  /// Rounding an activation to 8 bits moves it by at most half of a 127th of its block's largest.
  private static final double MOST_ROUNDING = 0.5 / 127;

  @ParameterizedTest
  @CsvSource({
    "4, 32, 48, 96, 1", "4, 32, 33, 128, 5", "8, 32, 50, 64, 1", "8, 32, 7, 160, 3",
    "4, 16, 20, 256, 2", "8, 16, 20, 256, 1", "8, 16, 20, 256, 2", "4, 32, 5000, 1024, 1",
    "4, 32, 5000, 1024, 3", "8, 32, 3001, 2048, 4", "4, 32, 70, 2048, 8", "8, 32, 100, 1024, 9",
    "4, 32, 1, 32, 4", "8, 16, 65, 512, 7"
  })
  void productEqualsPlainSums(int bits, int block, int rows, int columns, int inputs) {
    for (Kind kind : Kind.available()) {
      productEqualsPlainSums(
          kind, new Made(kind, new Layout(bits, block, false), rows, columns, 7), inputs);
    }
  }

  /// As q, k and v: of different heights, one of which rounds in another way.
  @ParameterizedTest
  @MethodSource("kinds")
  void productsTogetherHaveTheSameBitsAsAlone(Kind kind) {
    Layout layout = new Layout(4, 32, false);
    int columns = 1024;
    try (Scope _ = new Scope();
        QuantizedMatrix first = kind.pack(new Made(kind, layout, 2050, columns, 1));
        QuantizedMatrix second = kind.pack(new Made(kind, layout, 33, columns, 2));
        QuantizedMatrix third = kind.pack(new Made(kind, layout, 600, columns, 3));
        QuantizedMatrix other =
            kind.pack(new Made(kind, new Layout(8, 32, false), 96, columns, 4))) {
      for (int inputs : new int[] {1, 3, 6}) {
        Tensor input = Tensors.ofFloats(activations(inputs, columns), inputs, columns);
        for (List<QuantizedMatrix> some :
            List.of(List.of(first, second, third), List.of(second, other))) {
          List<Tensor> together = QuantizedMatrix.multiplyAll(some, input);
          assertThat(together).hasSameSizeAs(some);
          for (int i = 0; i < some.size(); i++) {
            assertThat(together.get(i).equal(some.get(i).multiply(input))).isTrue();
          }
        }
      }
    }
  }

  static void productEqualsPlainSums(Kind kind, Made matrix, int inputs) {
    int rows = Math.toIntExact(matrix.rows());
    int columns = Math.toIntExact(matrix.columns());
    float[] x = activations(inputs, columns);
    try (Scope _ = new Scope();
        QuantizedMatrix quantized = kind.pack(matrix)) {
      Tensor output = quantized.multiply(Tensors.ofFloats(x, inputs, columns));
      assertThat(Tensors.shape(output)).containsExactly(inputs, rows);
      float[] found = Tensors.toFloats(output);
      Row row = new Row(matrix.layout(), columns);
      for (int r = 0; r < rows; r++) {
        matrix.read(r, row);
        for (int n = 0; n < inputs; n++) {
          compare(found[n * rows + r], row, matrix.layout(), x, n * columns, columns);
        }
      }
    }
  }

  /// Numbers at the ends of their range, where kernels of 16-bit sums overflow.
  @ParameterizedTest
  @CsvSource({"4, 127", "4, -128", "8, 127", "8, -128"})
  void largestNumbersDoNotOverflow(int bits, int number) {
    for (Kind kind : Kind.available()) {
      largestNumbersDoNotOverflow(kind, bits, number);
    }
  }

  private static void largestNumbersDoNotOverflow(Kind kind, int bits, int number) {
    int columns = 4096;
    int clipped = bits == 4 ? Math.clamp(number, -8, 7) : number;
    Made matrix =
        new Made(kind, new Layout(bits, 32, false), 64, columns, 1) {
          @Override
          int number(Random random) {
            return clipped;
          }
        };
    float[] x = new float[columns];
    Arrays.fill(x, 1);
    try (Scope _ = new Scope();
        QuantizedMatrix quantized = kind.pack(matrix)) {
      float[] found = Tensors.toFloats(quantized.multiply(Tensors.ofFloats(x, 1, columns)));
      Row row = new Row(matrix.layout(), columns);
      for (int r = 0; r < 64; r++) {
        matrix.read(r, row);
        compare(found[r], row, matrix.layout(), x, 0, columns);
      }
    }
  }

  /// One activation is a thousand times as large as the others, as Vicuna's first rows have them.
  @ParameterizedTest
  @MethodSource("kinds")
  void massiveActivationsDisturbTheirBlockAlone(Kind kind) {
    int columns = 512;
    Made matrix = new Made(kind, new Layout(4, 32, false), 64, columns, 3);
    float[] x = activations(1, columns);
    x[70] = 2000;
    try (Scope _ = new Scope();
        QuantizedMatrix quantized = kind.pack(matrix)) {
      float[] found = Tensors.toFloats(quantized.multiply(Tensors.ofFloats(x, 1, columns)));
      Row row = new Row(matrix.layout(), columns);
      for (int r = 0; r < 64; r++) {
        matrix.read(r, row);
        compare(found[r], row, matrix.layout(), x, 0, columns);
      }
    }
  }

  /// A Java buffer holds 2 GB, which a batch of long prompts passes.
  @Test
  void inputsThatDoNotFitIntoOneBufferAreMultipliedInTurn() {
    Made matrix = new Made(Kind.ONNX_RUNTIME, new Layout(4, 32, false), 5000, 1024, 3);
    try (Scope _ = new Scope();
        OnnxMatrix quantized = OnnxMatrix.of(matrix, new PackingMemory())) {
      Tensor input = Tensors.ofFloats(activations(7, 1024), 7, 1024);
      assertThat(Tensors.toFloats(quantized.multiply(input, 3)))
          .containsExactly(Tensors.toFloats(quantized.multiply(input)));
    }
  }

  /// An activation that is no number must not become one.
  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void activationsThatAreNoNumbersMakeTheirRowNoNumbers(float faulty) {
    for (Kind kind : Kind.panels()) {
      for (int bits : new int[] {4, 8}) {
        Made matrix = new Made(kind, new Layout(bits, 32, false), 40, 128, 3);
        float[] x = activations(6, 128);
        x[2 * 128 + 33] = faulty;
        try (Scope _ = new Scope();
            QuantizedMatrix quantized = kind.pack(matrix)) {
          float[] found = Tensors.toFloats(quantized.multiply(Tensors.ofFloats(x, 6, 128)));
          for (int i = 0; i < found.length; i++) {
            assertThat(Float.isNaN(found[i])).as("%s, row %d", kind, i / 40).isEqualTo(i / 40 == 2);
          }
        }
      }
    }
  }

  /// Sequences that are decoded together get the same answers as alone, and so do the rows of a
  /// prompt.
  @ParameterizedTest
  @ValueSource(ints = {4, 8})
  void rowsHaveTheSameBitsInAnyCompany(int bits) {
    for (Kind kind : Kind.panels()) {
      Made matrix = new Made(kind, new Layout(bits, 32, false), 100, 1024, 3);
      float[] x = activations(35, 1024);
      try (Scope _ = new Scope();
          QuantizedMatrix quantized = kind.pack(matrix)) {
        for (int count : new int[] {2, 3, 4, 5, 6, 7, 8, 11, 14, 15, 35}) {
          float[] some = Arrays.copyOf(x, count * 1024);
          float[] together =
              Tensors.toFloats(quantized.multiply(Tensors.ofFloats(some, count, 1024)));
          for (int row = 0; row < count; row++) {
            float[] one = Arrays.copyOfRange(x, row * 1024, (row + 1) * 1024);
            assertThat(Tensors.toFloats(quantized.multiply(Tensors.ofFloats(one, 1, 1024))))
                .as("%s, row %d of %d", kind, row, count)
                .containsExactly(Arrays.copyOfRange(together, row * 100, (row + 1) * 100));
          }
        }
      }
    }
  }

  /// Machines with different processors answer alike.
  @ParameterizedTest
  @CsvSource({"4, 32", "8, 32", "4, 16", "8, 16"})
  void instructionSetsGiveTheSameBits(int bits, int block) {
    Made matrix = new Made(Kind.HALF_SCALES, new Layout(bits, block, false), 100, 1024, 3);
    Tensor input = Tensors.ofFloats(activations(9, 1024), 9, 1024);
    float[] first = null;
    for (InstructionSet set : AssembledKernels.available()) {
      try (Scope _ = new Scope();
          QuantizedMatrix quantized = PanelMatrix.of(matrix, new AssembledKernels(set))) {
        float[] found = Tensors.toFloats(quantized.multiply(input));
        first = first == null ? found : first;
        assertThat(found).as("%s", set).containsExactly(first);
      }
    }
    input.close();
  }

  /// The first row's scales are F16, a later one is not.
  @Test
  void scalesOfLaterRowsMayNeedMoreBits() {
    Made matrix =
        new Made(Kind.HALF_SCALES, new Layout(4, 32, false), 40, 64, 1) {
          @Override
          public void read(long row, Row into) {
            super.read(row, into);
            if (row == 39) {
              into.scales[1] = 0.0100001f;
            }
          }
        };
    productEqualsPlainSums(Kind.HALF_SCALES, matrix, 2);
  }

  @ParameterizedTest
  @CsvSource({"4, 32", "8, 32", "4, 16", "8, 16"})
  void rowsAreReadBackAsTheyWere(int bits, int block) {
    for (Kind kind : Kind.panels()) {
      rowsAreReadBackAsTheyWere(kind, bits, block);
    }
  }

  private static void rowsAreReadBackAsTheyWere(Kind kind, int bits, int block) {
    Made matrix = new Made(kind, new Layout(bits, block, false), 70, 512, 9);
    try (QuantizedMatrix quantized = kind.pack(matrix)) {
      BlockMatrix numbers = quantized.numbers().orElseThrow();
      assertThat(numbers.layout()).isEqualTo(matrix.layout());
      Row stored = new Row(matrix.layout(), 512);
      Row read = new Row(matrix.layout(), 512);
      for (int row = 0; row < 70; row++) {
        matrix.read(row, stored);
        numbers.read(row, read);
        assertThat(read.packed).isEqualTo(stored.packed);
        assertThat(read.scales).isEqualTo(stored.scales);
      }
      Row[] together = numbers.rowsTogether();
      for (int first = 0; first < 70; first += together.length) {
        int count = Math.min(together.length, 70 - first);
        numbers.read(first, together, count);
        for (int row = 0; row < count; row++) {
          matrix.read(first + row, stored);
          assertThat(together[row].packed).isEqualTo(stored.packed);
          assertThat(together[row].scales).isEqualTo(stored.scales);
        }
      }
    }
  }

  /// A Q4_0 matrix takes the bytes of its file.
  @Test
  void panelsTakeTheBytesOfTheFile() {
    for (Lanes lanes : Lanes.values()) {
      PanelShape shape = new PanelShape(new Layout(4, 32, false), lanes, false);
      assertThat(new PanelLayout(shape, 11008, 4096).bytes()).isEqualTo(11008L * 4096 / 32 * 18);
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void scalesThatAreNoNumbersAreRefused(Kind kind) {
    Made matrix =
        new Made(kind, new Layout(4, 32, false), 8, 64, 1) {
          @Override
          float scale(Random random) {
            return Float.NaN;
          }
        };
    assertThatThrownBy(() -> kind.pack(matrix)).isInstanceOf(ArithmeticException.class);
  }

  private static void compare(
      float found, Row row, Layout layout, float[] x, int from, int columns) {
    double sum = 0;
    double most = 1e-3;
    for (int first = 0; first < columns; first += layout.blockValues()) {
      double largest = 0;
      double weights = 0;
      for (int i = first; i < first + layout.blockValues(); i++) {
        float weight = row.value(layout, i);
        sum += (double) weight * x[from + i];
        largest = Math.max(largest, Math.abs(x[from + i]));
        weights += Math.abs(weight);
      }
      most += largest * weights * MOST_ROUNDING;
    }
    assertThat(Math.abs(found - sum)).as("error").isLessThanOrEqualTo(most);
  }

  private static float[] activations(int inputs, int columns) {
    Random random = new Random(5);
    float[] x = new float[inputs * columns];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian();
    }
    return x;
  }

  /// A matrix of random numbers, made row by row.
  static class Made implements BlockMatrix {
    private final Kind kind;
    private final Layout layout;
    private final long rows;
    private final long columns;
    private final long seed;

    Made(Kind kind, Layout layout, long rows, long columns, long seed) {
      this.kind = kind;
      this.layout = layout;
      this.rows = rows;
      this.columns = columns;
      this.seed = seed;
    }

    int number(Random random) {
      return random.nextInt(1 << layout.bits()) - (1 << (layout.bits() - 1));
    }

    float scale(Random random) {
      float scale = (0.01f + random.nextFloat() * 0.01f) * (random.nextInt(4) == 0 ? -1 : 1);
      return kind.hasHalfScales() ? Float.float16ToFloat(Float.floatToFloat16(scale)) : scale;
    }

    @Override
    public long rows() {
      return rows;
    }

    @Override
    public long columns() {
      return columns;
    }

    @Override
    public Layout layout() {
      return layout;
    }

    @Override
    public void read(long row, Row into) {
      Random random = new Random(seed * 1_000_003 + row);
      for (int i = 0; i < into.scales.length; i++) {
        into.scales[i] = scale(random);
      }
      for (int i = 0; i < into.packed.length; i++) {
        into.packed[i] =
            layout.bits() == 8
                ? (byte) (number(random) + 128)
                : (byte) (number(random) + 8 | (number(random) + 8) << 4);
      }
    }
  }
}
