package llava4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class NativeHeapTest {
  private static final long VALUES = 10 << 20; // 40 MB
  private static final int ROUNDS = 100;
  private static final long PAGE_BYTES = 4096;

  /// As activations in each layer of a prompt: their pages are faulted in once, not in each round.
  @Test
  void freedBlocksAreUsedAgain() throws IOException {
    NativeRuntime.prepareForInference();
    fillAndFree();
    long before = faults();
    for (int round = 0; round < ROUNDS; round++) {
      fillAndFree();
    }
    long faultsIfGivenBack = ROUNDS * 2 * VALUES * Float.BYTES / PAGE_BYTES;
    assertThat(faults() - before).isLessThan(faultsIfGivenBack / 4);
  }

  private static void fillAndFree() {
    try (Scope _ = new Scope()) {
      Tensor first = torch.ones(new long[] {VALUES}, Tensors.options(DType.F32));
      Tensor second = torch.ones(new long[] {VALUES}, Tensors.options(DType.F32));
      assertThat(first.data_ptr().address()).isNotEqualTo(second.data_ptr().address());
    }
  }

  /// Minor page faults of this process.
  private static long faults() throws IOException {
    String line = Files.readString(Path.of("/proc/self/stat"));
    String behindName = line.substring(line.lastIndexOf(')') + 2);
    return Long.parseLong(behindName.split(" ", -1)[7]);
  }
}
