package llava4j.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import llava4j.tensor.DType;
import llava4j.tensor.Processor;
import org.junit.jupiter.api.Test;

class ProductSpeedTest {
  /// oneDNN throws for products in bf16 on such a processor.
  @Test
  void bfloatIsMeasuredOnlyWhereAProcessorHasIt() {
    assertThat(ProductSpeed.types(new Processor("a", List.of("avx2")))).containsExactly(DType.F32);
    assertThat(ProductSpeed.types(new Processor("b", List.of("avx2", "avx512_bf16"))))
        .containsExactly(DType.F32, DType.BF16);
  }
}
