package llava4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import llava4j.train.config.TrainConfig.LossAverage;
import llava4j.train.distributed.SingleProcess;
import llava4j.train.shard.ZeroStage;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Whole runs against the reference, one process: every loss, norm, rate and final tensor.
@Tag("slow")
class TrainingGoldenTest {

  @ParameterizedTest
  @ValueSource(strings = {"stage1", "stage1_accumulate2", "stage2", "stage2_lora"})
  void runEqualsReference(String run) {
    int accumulated = GoldenTraining.expected(run).get("settings").path("accumulate").asInt(1);
    assertThat(accumulated).isEqualTo(run.endsWith("accumulate2") ? 2 : 1);
    try (GoldenTraining golden = new GoldenTraining()) {
      golden.check(run, ZeroStage.NONE, LossAverage.REFERENCE, accumulated, new SingleProcess());
    }
  }
}
