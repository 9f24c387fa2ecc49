package llava4j.tiny.train;

import llava4j.train.EveryPresetRuns;
import llava4j.train.TrainJob;

/// The presets of the stages before the paper's, over samples of [llava4j.golden.Golden].
class EarlyStagesRunTest extends EveryPresetRuns {
  EarlyStagesRunTest() {
    super(EarlyStages.all(), EarlyStagesRunTest::completed);
  }

  public static void main(String[] arguments) {
    inThisProcess(arguments, EarlyStages.all(), EarlyStagesRunTest::completed);
  }

  private static TrainJob completed(TrainJob job) {
    return job.withObjective(
        EarlyStages.objective(job.config(), job.data(), job.base().tokenizer()));
  }
}
