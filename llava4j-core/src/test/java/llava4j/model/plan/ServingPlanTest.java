package llava4j.model.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import llava4j.checkpoint.weights.ParameterTable;
import llava4j.config.Llava15;
import llava4j.config.LlavaConfig;
import llava4j.error.BadInputException;
import llava4j.model.load.MemoryPlan;
import org.junit.jupiter.api.Test;

/// The 7B in bf16.
class ServingPlanTest {
  private static final LlavaConfig SEVEN = Llava15.vicuna7b();
  private static final long WEIGHTS = 2 * ParameterTable.of(SEVEN).numParameters("");
  private static final long STEP =
      2 * ParameterTable.of(SEVEN).numParameters("language_model.layers.") + 2L * 32000 * 4096;
  private static final long PER_TOKEN = 2L * 32 * 4096 * 2;

  private static ServingPlan plan(ServingHost host, int prompt, int answer) {
    MemoryPlan memory = new MemoryPlan(0, WEIGHTS, PER_TOKEN, 110_000, 4096, 576);
    return new ServingPlan(SEVEN, memory, STEP, new ServingPlan.Load(prompt, answer, 1), host);
  }

  @Test
  void whatIsFreeHoldsSequences() {
    ServingPlan plan = plan(ServingHost.of(Accelerator.H100), 640, 128);
    assertThat(plan.sequenceBytes()).isEqualTo(768 * 524_288L);
    long used = WEIGHTS + (600L << 20) + 110_000 * 640L;
    assertThat(plan.sequences()).isEqualTo(((79L << 30) - used) / (768 * 524_288L));
    ServingHost small = new ServingHost("small", 10L << 30, 1e12, 1e14, 0);
    assertThat(plan(small, 640, 128).sequences()).isZero();
  }

  /// gpt-fast reads 13.2 GB a token at 1,397 GB/s on an A100 (docs/scaling.md): 105 tokens/s.
  @Test
  void aSingleSequenceIsBoundByTheWeights() {
    ServingHost measured = new ServingHost("A100", 79L << 30, 1397e9, 140e12, 0);
    assertThat(plan(measured, 5, 200).tokensPerSecond(1)).isCloseTo(104.9, within(3.0));
  }

  /// 640 tokens of a 7B are 8.6 TFLOP.
  @Test
  void aPromptIsBoundByItsProducts() {
    ServingHost host = new ServingHost("one TFLOP/s", 79L << 30, 1e12, 1e12, 0);
    assertThat(plan(host, 640, 128).promptSeconds()).isCloseTo(8.6, within(0.3));
  }

  @Test
  void moreAtOnceAnswerMoreButNeverSooner() {
    ServingPlan plan = plan(ServingHost.of(Accelerator.H100), 640, 128);
    assertThat(plan.requestsPerSecond(16)).isGreaterThan(3 * plan.requestsPerSecond(1));
    assertThat(plan.stepSeconds(64)).isGreaterThan(plan.stepSeconds(1));
    assertThat(plan.requestsPerSecond(64))
        .isLessThan(1 / plan.firstTokenSeconds()); // images and prompts take their time
  }

  @Test
  void aRequestFitsTheContext() {
    assertThatThrownBy(() -> plan(ServingHost.of(Accelerator.H100), 4000, 128))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("do not fit into the model's context of 4096");
    assertThatThrownBy(() -> new ServingPlan.Load(0, 1, 1)).isInstanceOf(BadInputException.class);
  }
}
