package llava4j.quant;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import llava4j.generate.Generation;
import llava4j.generate.GenerationOptions;
import llava4j.generate.TextListener;
import llava4j.golden.GoldenModel;
import llava4j.quant.BlockMatrix.Layout;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.Scope;
import llava4j.tensor.WeightFormat;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Kernels in a JVM that was started without the Vector API: plain loops, no missing class.
class WithoutVectorModuleTest {
  /// Machine code where this machine runs it, and ONNX Runtime.
  @ParameterizedTest
  @ValueSource(strings = {"on", "off"})
  void plainKernelsRun(String assembly) throws Exception {
    Process java =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Dllava.assembly=" + assembly,
                "-cp",
                System.getProperty("java.class.path"),
                Kernels.class.getName())
            .redirectErrorStream(true)
            .start();
    String said = new String(java.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(said).contains("available false", "widened 16256", "narrowed 16", "answered 3");
    if (assembly.equals("off")) {
      assertThat(said).contains("usual ONNX_RUNTIME");
    }
    assertThat(java.waitFor()).isZero();
  }

  /// The main class of that JVM.
  static final class Kernels {
    private Kernels() {}

    /// Multiplies ones, so that the results are known.
    public static void main(String[] arguments) {
      System.out.println("available " + VectorSupport.isAvailable());
      System.out.println("usual " + BlockKernel.usual());
      try (Arena arena = Arena.ofConfined()) {
        int columns = 64;
        MemorySegment wide = arena.allocate(2L * columns * Short.BYTES, 64);
        BlockWidener.toBf16(ones(columns), 0, 2, wide.address());
        System.out.println("widened " + wide.getAtIndex(ValueLayout.JAVA_SHORT, 70));
        BlockMatrix ones = ones(columns);
        BlockNarrower.toBytes(
            ones, 0, 2, ones.rowsTogether(), wide.address(), columns, new float[2]);
        System.out.println("narrowed " + wide.get(ValueLayout.JAVA_BYTE, 70));
      }
      answer();
    }

    /// A prompt and a few tokens of a model with 4 bits.
    private static void answer() {
      NativeRuntime.prepare();
      try (GoldenModel golden = GoldenModel.openCommitted("original", WeightFormat.Q4);
          Scope _ = new Scope()) {
        int[] prompt = IntStream.range(1, 50).toArray();
        Generation answer =
            golden
                .generator()
                .generate(
                    golden.model().splicer().splice(prompt, List.of()),
                    GenerationOptions.greedy().withMaxNewTokens(3),
                    TextListener.NONE,
                    () -> false)
                .answers()
                .getFirst();
        System.out.println("answered " + answer.ids().length);
      }
    }

    private static BlockMatrix ones(int columns) {
      return new BlockMatrix() {
        @Override
        public long rows() {
          return 2;
        }

        @Override
        public long columns() {
          return columns;
        }

        @Override
        public Layout layout() {
          return new Layout(4, 32, false);
        }

        @Override
        public void read(long row, Row into) {
          Arrays.fill(into.packed, (byte) 0x99);
          Arrays.fill(into.scales, 1);
        }
      };
    }
  }
}
