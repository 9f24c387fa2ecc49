package llava4j.quant;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import llava4j.quant.BlockMatrix.Layout;
import llava4j.quant.QuantizedMatrixTest.Kind;
import llava4j.quant.QuantizedMatrixTest.Made;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The kernels for quantised matrices on processors with shorter vectors (AVX2, NEON), in JVMs that
/// are told to have no longer ones.
class NarrowVectorsTest {
  @ParameterizedTest
  @ValueSource(ints = {128, 256})
  void productsEqualPlainSums(int bits) throws Exception {
    Process java =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules",
                "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-XX:MaxVectorSize=" + bits / Byte.SIZE,
                "-cp",
                System.getProperty("java.class.path"),
                Kernels.class.getName())
            .redirectErrorStream(true)
            .start();
    String said = new String(java.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(said).contains("panels, " + bits + " bits", "all equal");
    assertThat(java.waitFor()).isZero();
  }

  /// The main class of that JVM.
  static final class Kernels {
    private Kernels() {}

    public static void main(String[] arguments) {
      System.out.println(BlockKernel.PANELS.describe());
      for (Kind kind : new Kind[] {Kind.HALF_SCALES, Kind.WIDE_SCALES}) {
        for (int bits : new int[] {4, 8}) {
          for (int block : new int[] {16, 32}) {
            Made matrix = new Made(kind, new Layout(bits, block, false), 75, 288, 3);
            QuantizedMatrixTest.productEqualsPlainSums(kind, matrix, 6);
          }
        }
      }
      PanelNarrowerTest.check(Kind.HALF_SCALES, 32, 75, 288, 32, 43);
      PanelNarrowerTest.check(Kind.WIDE_SCALES, 16, 75, 288, 0, 75);
      System.out.println("all equal");
    }
  }
}
