package llava4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import llava4j.error.BadInputException;
import llava4j.tensor.Device;
import llava4j.tensor.WeightFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LoadOptionsTest {
  /// Before a file is opened.
  @ParameterizedTest
  @EnumSource
  void aFormatThatAGpuWouldIgnoreIsRefused(WeightFormat format) {
    LoadOptions onGpu = LoadOptions.defaults().withDevice(new Device.Cuda(0));
    if (format != WeightFormat.FP32 && format != WeightFormat.FP16) {
      assertThat(onGpu.withWeights(format).weights()).isEqualTo(format);
      return;
    }
    assertThatThrownBy(() -> onGpu.withWeights(format))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            "weights as "
                + format
                + " are for the processor, and on a GPU they are bf16, q8 or q4; leave --weights"
                + " out, or use --device cpu");
  }

  @Test
  void theProcessorTakesEveryFormat() {
    for (WeightFormat format : WeightFormat.values()) {
      assertThat(LoadOptions.defaults().withWeights(format).weights()).isEqualTo(format);
    }
  }
}
