package llava4j.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import llava4j.error.BadInputException;
import org.junit.jupiter.api.Test;

class OnnxRuntimeTest {
  @Test
  void aLibraryThatDoesNotStartIsToldWithItsReasonAndTheWayAround() {
    assertThatThrownBy(() ->
            OnnxRuntime.start(() -> {
              throw new UnsatisfiedLinkError("libonnxruntime.so: no such file");
            }))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("libonnxruntime.so: no such file")
        .hasMessageContaining("--weights fp16");
  }

  @Test
  void thereIsOneEnvironment() {
    assertThat(OnnxRuntime.environment()).isSameAs(OnnxRuntime.environment());
  }
}
