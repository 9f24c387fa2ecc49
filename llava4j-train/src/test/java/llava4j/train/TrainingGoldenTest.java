package llava4j.train;

import llava4j.train.TrainConfig.LossAverage;
import llava4j.train.distributed.SingleProcess;
import llava4j.train.shard.ZeroStage;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Whole runs against the reference, one process: every loss, norm, rate and final tensor.
@Tag("slow")
class TrainingGoldenTest {

  @ParameterizedTest
  @CsvSource({"stage1, 4", "stage1_accumulate2, 2", "stage2, 4", "stage2_lora, 4"})
  void runEqualsReference(String run, int deviceBatch) {
    try (GoldenTraining golden = new GoldenTraining()) {
      golden.check(run, ZeroStage.NONE, LossAverage.REFERENCE, deviceBatch, new SingleProcess());
    }
  }
}
