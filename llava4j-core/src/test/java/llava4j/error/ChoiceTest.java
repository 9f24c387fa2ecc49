package llava4j.error;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import llava4j.model.cache.KvFormat;
import llava4j.model.linear.PrefillMode;
import llava4j.tensor.WeightFormat;
import org.junit.jupiter.api.Test;

class ChoiceTest {
  @Test
  void everyValueIsReadInAnyCase() {
    for (WeightFormat format : WeightFormat.values()) {
      assertThat(WeightFormat.parse(format.toString())).isEqualTo(format);
      assertThat(WeightFormat.parse(format.name())).isEqualTo(format);
    }
    assertThat(PrefillMode.parse("Int8")).isEqualTo(PrefillMode.INT8);
    assertThat(KvFormat.parse("Q8")).isEqualTo(KvFormat.Q8);
  }

  @Test
  void anotherTextIsRefusedWithAllValues() {
    assertThatThrownBy(() -> WeightFormat.parse("int3"))
        .isInstanceOf(BadInputException.class)
        .hasMessage("unknown weight format 'int3': use auto, fp32, fp16, bf16, q8 or q4");
    assertThatThrownBy(() -> PrefillMode.parse("fast"))
        .hasMessage("unknown prefill mode 'fast': use auto, exact, bf16 or int8");
    assertThatThrownBy(() -> KvFormat.parse("q4_0"))
        .hasMessage("unknown format of the KV cache 'q4_0': use auto, fp32, fp16 or q8");
  }
}
