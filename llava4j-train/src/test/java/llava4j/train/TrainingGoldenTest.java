package llava4j.train;

import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import llava4j.checkpoint.Checkpoint;
import llava4j.golden.Golden;
import llava4j.golden.Golden.GoldenTensor;
import llava4j.tensor.Device;
import llava4j.tensor.Tensors;
import llava4j.train.TrainConfig.LossAverage;
import llava4j.train.distributed.SingleProcess;
import llava4j.train.shard.ZeroStage;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Whole runs against the reference, one process: every loss, norm, rate and final tensor.
class TrainingGoldenTest {

  @ParameterizedTest
  @CsvSource({"stage1, 4", "stage1_accumulate2, 2", "stage2, 4", "stage2_lora, 4"})
  void runEqualsReference(String run, int deviceBatch) {
    run(
        run,
        deviceBatch,
        GoldenTraining.config(run, ZeroStage.NONE, LossAverage.REFERENCE, deviceBatch));
  }

  private static void run(String run, int deviceBatch, TrainConfig config) {
    GoldenOutcome outcome = new GoldenOutcome(run);
    int steps = GoldenTraining.expected(run).get("settings").get("steps").asInt();
    Map<String, GoldenTensor> start =
        config.lora() == null ? Map.of() : Golden.tensors("training/lora_start.safetensors");
    try (Checkpoint base = GoldenTraining.base();
        Assembly assembly =
            new Assembly(
                config,
                base,
                new Assembly.Site(new SingleProcess(), new Device.Cpu(), Optional.empty()),
                steps,
                initial(config, base, start))) {
      for (int step = 0; step < steps; step++) {
        outcome.checkStep(
            step,
            assembly
                .learner()
                .step(step, GoldenTraining.batches(run, step, deviceBatch, base), false));
      }
      outcome.checkFinal(assembly.units(), base, start);
    }
  }

  private static Function<String, Tensor> initial(
      TrainConfig config, Checkpoint base, Map<String, GoldenTensor> start) {
    InitialWeights ordinary =
        new InitialWeights(base.config(), base.weights(), config.lora(), config.execution().seed());
    return name -> {
      GoldenTensor given = start.get(GoldenOutcome.original(name));
      return given == null ? ordinary.apply(name) : Tensors.ofFloats(given.floats(), given.shape());
    };
  }
}
