package llava4j.benchmarks;

import java.util.List;
import java.util.OptionalInt;
import llava4j.config.Llava15;
import llava4j.config.LlavaConfig;
import llava4j.config.TextConfig;
import llava4j.train.TrainJob;
import llava4j.train.config.ConfigFile;
import llava4j.train.config.Presets;
import llava4j.train.config.TrainConfig;
import llava4j.train.distributed.ProcessGroup;
import llava4j.train.forecast.BatchShape;
import llava4j.train.shard.ZeroStage;

/// A run whose time and memory are predicted and then measured.
enum ScalingCase {
  TINY_1(Size.TINY, 1, ZeroStage.NONE, 4),
  TINY_2(Size.TINY, 2, ZeroStage.OPTIMIZER, 4),
  TINY_4(Size.TINY, 4, ZeroStage.GRADIENTS, 4),
  SMALL_1(Size.SMALL, 1, ZeroStage.NONE, 2),
  SMALL_2(Size.SMALL, 2, ZeroStage.PARAMETERS, 1),
  SMALL_4(Size.SMALL, 4, ZeroStage.PARAMETERS, 1),
  HALF_1(Size.HALF, 1, ZeroStage.NONE, 1),
  HALF_2(Size.HALF, 2, ZeroStage.PARAMETERS, 1),
  HALF_4(Size.HALF, 4, ZeroStage.PARAMETERS, 1),
  BILLION_1(Size.BILLION, 1, ZeroStage.NONE, 1);

  private final Size size;
  private final int processes;
  private final ZeroStage zero;
  private final int deviceBatch;

  ScalingCase(Size size, int processes, ZeroStage zero, int deviceBatch) {
    this.size = size;
    this.processes = processes;
    this.zero = zero;
    this.deviceBatch = deviceBatch;
  }

  /// Shapes of models.
  private enum Size {
    /// llava-tiny, 8 million parameters.
    TINY,
    /// The 100M class.
    SMALL,
    /// 8 blocks of 2048, about half a billion.
    HALF,
    /// 16 blocks of 2048, about a billion.
    BILLION;

    LlavaConfig model() {
      return switch (this) {
        case TINY -> Llava15.tiny(4224);
        case SMALL -> Workloads.hundredMillion();
        case HALF -> wide(8);
        case BILLION -> wide(16);
      };
    }

    private static LlavaConfig wide(int layers) {
      TextConfig seven = Llava15.vicuna7b().text();
      return Workloads.hundredMillion()
          .withText(
              new TextConfig(
                  2048,
                  5632,
                  layers,
                  16,
                  16,
                  128,
                  seven.vocab(),
                  seven.maxPositions(),
                  seven.rmsNormEps(),
                  seven.ropeTheta(),
                  seven.ropeScaling(),
                  false,
                  OptionalInt.empty()));
    }
  }

  LlavaConfig model() {
    return size.model();
  }

  int processes() {
    return processes;
  }

  ZeroStage zero() {
    return zero;
  }

  /// The settings of the run.
  TrainConfig config() {
    return new ConfigFile().with(Presets.tinyFinetune(), overrides());
  }

  TrainJob job(TrainingWorkload workload, ProcessGroup group) {
    return workload.job(group, overrides().toArray(String[]::new));
  }

  /// The size of each process's batches. All samples are equally long.
  BatchShape batch(ScalingProcess.Figures figures) {
    long rows = figures.rows() / processes;
    return new BatchShape(
        deviceBatch, rows / deviceBatch, rows, figures.supervised() / processes, deviceBatch);
  }

  private List<String> overrides() {
    return List.of(
        "zero=" + zero,
        "deviceBatch=" + deviceBatch,
        "globalBatch=" + deviceBatch * processes,
        "order=SEQUENTIAL");
  }
}
