package llava4j.train.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import llava4j.checkpoint.weights.ParameterTable;
import llava4j.config.Llava15;
import llava4j.config.LlavaConfig;
import llava4j.error.BadInputException;
import llava4j.model.plan.Cluster;
import llava4j.tensor.Device;
import llava4j.train.config.ConfigFile;
import llava4j.train.config.Presets;
import llava4j.train.config.TrainConfig;
import llava4j.train.forecast.BatchShape;
import llava4j.train.forecast.Forecast;
import llava4j.train.plan.Work.Collective;
import llava4j.train.plan.Work.Part;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainingPlanTest {
  private static final LlavaConfig SEVEN = Llava15.vicuna7b();
  private static final double LEARNED =
      ParameterTable.of(SEVEN).numParameters("")
          - ParameterTable.of(SEVEN).numParameters("vision_tower.");

  private static TrainConfig config(String preset, String... overrides) {
    return new ConfigFile().with(Presets.named(preset), List.of(overrides));
  }

  private static TrainingPlan plan(String cluster, String preset, String... overrides) {
    TrainConfig config = config(preset, overrides);
    LlavaConfig model = preset.endsWith("13b") ? Llava15.vicuna13b() : SEVEN;
    return TrainingPlan.of(
        config,
        model,
        Cluster.parse(cluster, OptionalDouble.empty()),
        TrainingData.ofPaper(config));
  }

  /// With recomputation: 96 B s l h² (1 + s / 6h + V / 16 l h) operations (Narayanan et al., arXiv
  /// 2104.04473, appendix). Theirs is GPT-3's block of 12 h² parameters, whose attention computes
  /// the masked half too; LLaMA's has 4 h² + 3 h i, and ours computes half and no logits of
  /// unsupervised positions.
  @Test
  void operationsAreThoseOfMegatronsFormula() {
    BatchShape batch = new BatchShape(1, 2048, 2048, 2048, 0);
    TrainConfig config = config("finetune7b", "globalBatch=1", "deviceBatch=1");
    double flops = StepWork.of(config, SEVEN, 1, new Device.Cuda(0), batch).flops();
    double h = 4096;
    double l = 32;
    double s = 2048;
    double block = 4 * h * h + 3 * h * 11008;
    double formula = 8 * s * l * block + 8 * l * s * s * h + 6 * s * 32000 * h;
    assertThat(flops).isCloseTo(formula, within(0.03 * formula));
  }

  /// ZeRO (arXiv 1910.02054), section 7: 2Ψ are sent with stages 0 to 2, and 3Ψ with stage 3. The
  /// last block is gathered once, since it is used last and first.
  @ParameterizedTest
  @CsvSource({"NONE,2", "OPTIMIZER,2", "GRADIENTS,2", "PARAMETERS,2.95"})
  void sentBytesAreThoseOfZero(String zero, double times) {
    TrainingPlan plan = plan("8xA100", "finetune7b", "zero=" + zero, "precision=FP32");
    double sent = plan.sentBytes().values().stream().mapToDouble(Double::doubleValue).sum();
    double expected = times * LEARNED * Float.BYTES * 7 / 8;
    assertThat(sent).isCloseTo(expected, within(0.04 * expected));
    Map<Collective, Double> kinds = plan.sentBytes();
    assertThat(kinds.containsKey(Collective.REDUCE_SCATTER)).isEqualTo(!zero.equals("NONE"));
  }

  /// Weights, fp32 gradients, and fp32 masters and moments: 2 + 4 + 12 bytes.
  @Test
  void shardedStateIsAnEighth() {
    Forecast alone = plan("H200", "finetune7b", "zero=NONE").memory();
    Forecast sharded = plan("8xH200", "finetune7b").memory();
    double bytes = 18 * LEARNED;
    assertThat((double) alone.weights() + alone.gradients() + alone.optimizer())
        .isCloseTo(bytes, within(1e6));
    assertThat((double) sharded.weights() + sharded.gradients() + sharded.optimizer())
        .isCloseTo(bytes / 8, within(1e6));
  }

  /// The original code's times on 8 A100, which include all that this model leaves out.
  @ParameterizedTest
  @CsvSource({"pretrain7b,3.5", "finetune7b,10", "pretrain13b,5.5", "finetune13b,20"})
  void hoursAreBelowThePublishedOnes(String preset, double published) {
    TrainingPlan plan = plan("8xA100", preset);
    assertThat(plan.fits()).isTrue();
    assertThat(plan.hours() / published).isBetween(0.65, 1.0);
    assertThat(plan.utilisation()).isBetween(0.25, 0.45);
  }

  @Test
  void saysWhatFitsInstead() {
    TrainingPlan plan = plan("A100", "finetune7b");
    assertThat(plan.fits()).isFalse();
    assertThat(plan.lines(OptionalDouble.empty()))
        .anyMatch(line -> line.contains("does not fit"))
        .anyMatch(line -> line.contains("train lora7b ") && line.contains("train qlora7b "));
    assertThat(plan("8xRTX4090", "finetune13b", "zero=GRADIENTS").lines(OptionalDouble.empty()))
        .anyMatch(line -> line.startsWith("  what fits: "));
    assertThat(plan("8xA100", "finetune7b", "zero=NONE").lines(OptionalDouble.empty()))
        .anyMatch(line -> line.contains("what fits: llava train finetune7b zero=PARAMETERS"));
  }

  @Test
  void weightsAndGradientsHideBehindComputation() {
    StepTime time = plan("8xA100", "finetune7b").time();
    assertThat(time.hidden()).isBetween(0.8 * time.transfers(), 0.99 * time.transfers());
    StepTime slow = plan("64x1xA100", "finetune7b", "globalBatch=64", "deviceBatch=1").time();
    assertThat(slow.transfers() - slow.hidden()).isGreaterThan(slow.computeSeconds());
  }

  /// Stages NONE and OPTIMIZER sum once, in the last micro-batch; GRADIENTS in each.
  @Test
  void gradientsHideOnlyBehindTheMicroBatchesInWhichTheyAreSummed() {
    String[] sizes = {"precision=FP32", "globalBatch=128", "deviceBatch=4", "zero=NONE"};
    TrainingPlan once = slow(sizes);
    assertThat(once.step().accumulation()).isEqualTo(4);
    double backward = once.time().ofParts().get(Part.BACKWARD);
    double again = once.time().ofParts().get(Part.RECOMPUTE);
    assertThat(once.time().hidden()).isCloseTo((backward + again) / 4, within(1e-9));
    sizes[3] = "zero=GRADIENTS";
    assertThat(slow(sizes).time().hidden()).isGreaterThan(2 * once.time().hidden());
  }

  /// On a network on which sums take longer than what is computed.
  private static TrainingPlan slow(String... overrides) {
    TrainConfig config = config("finetune7b", overrides);
    return TrainingPlan.of(
        config,
        SEVEN,
        Cluster.parse("8x1xA100", OptionalDouble.of(10)),
        TrainingData.ofPaper(config));
  }

  @Test
  void aBatchThatDoesNotDivideIsRefused() {
    assertThatThrownBy(() -> plan("2x8xH100", "finetune7b"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("make it a multiple of 256");
    assertThatThrownBy(() -> plan("8xH100", "finetune7b", "precision=FP64"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("use bf16 or fp32");
  }

  @Test
  void thePriceIsOnlyOneThatIsGiven() {
    TrainingPlan plan = plan("8xH100", "pretrain7b");
    assertThat(plan.lines(OptionalDouble.empty()).getLast()).contains("--price says");
    assertThat(plan.lines(OptionalDouble.of(2)).getLast())
        .contains(", %.0f at 2.0 for an hour of one GPU".formatted(2 * plan.deviceHours()));
  }
}
