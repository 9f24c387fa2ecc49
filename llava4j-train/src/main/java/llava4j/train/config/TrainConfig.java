package llava4j.train.config;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import llava4j.error.BadInputException;
import llava4j.image.HighDefinition;
import llava4j.image.ImageMode;
import llava4j.image.decode.DecodeOptions;
import llava4j.tensor.DType;
import llava4j.text.template.ConversationTemplate;
import llava4j.train.batch.MaskRule;
import llava4j.train.optim.AdamW;
import llava4j.train.optim.LearningRateSchedule;
import llava4j.train.shard.GradientExchange;
import llava4j.train.shard.ZeroStage;

/// All settings of a training run. [Presets] has the presets; the exported results contain the
/// configuration as a file.
///
/// @param preset name of the preset that the configuration started from
/// @param stage which parts are trained
/// @param trainVisionTower whether the vision tower is trained too; no run of the paper does this
/// @param lora LoRA settings; null except in stage ADAPTER
/// @param quantizeBase whether the matrices of the frozen language model are kept in 4 bits (QLoRA)
public record TrainConfig(
    String preset,
    Stage stage,
    boolean trainVisionTower,
    LoraSettings lora,
    boolean quantizeBase,
    Data data,
    Batching batching,
    Optimization optimization,
    Execution execution,
    Saving saving) {

  /// Which parts of the model are trained.
  public enum Stage {
    /// Stage 0, for towers that are trained from scratch: the vision tower and the projector, by an
    /// objective that comes with the job; the language model does not run.
    TOWER,
    /// Stage 1: the projector only.
    CONNECTOR,
    /// Stage 2: the projector and the language model.
    FULL,
    /// Stage 2 with LoRA: the projector and low-rank adapters; the language model's own weights are
    /// frozen.
    ADAPTER
  }

  /// How an image is converted to views of the vision tower's size.
  public enum Images {
    /// Padded to a square.
    PAD,
    /// Resized and centre cropped to a square.
    SQUARE,
    /// Split into tiles, as in LLaVA-1.5-HD.
    HD;

    /// The image mode for views of `imageSize` x `imageSize` pixels.
    public ImageMode mode(int imageSize) {
      return switch (this) {
        case PAD -> new ImageMode.Pad();
        case SQUARE -> new ImageMode.Square();
        case HD -> new ImageMode.Hd(HighDefinition.paper(imageSize));
      };
    }
  }

  /// The order of samples.
  public enum Order {
    SEQUENTIAL,
    SHUFFLED,
    LENGTH_GROUPED,
    /// Samples of similar length in the same step, for less padding. The original code has no such
    /// order.
    LENGTH_BUCKETS,
    MODALITY_GROUPED
  }

  /// How the losses of micro-batches and processes are averaged.
  public enum LossAverage {
    /// The mean of the micro-batches' means, as in the original code: a micro-batch with few
    /// supervised tokens has the same weight as one with many.
    REFERENCE,
    /// The mean over all supervised tokens of the step.
    TOKENS
  }

  /// The element type of parameters and activations; master weights and optimiser state are fp32
  /// with FP32 and BF16.
  public enum Precision {
    FP32,
    BF16,
    /// For gradient checks.
    FP64;

    /// The element type of tensors.
    public DType type() {
      return switch (this) {
        case FP32 -> DType.F32;
        case BF16 -> DType.BF16;
        case FP64 -> DType.F64;
      };
    }
  }

  /// What a decoder block keeps between forward and backward.
  public enum Activation {
    /// Gradient checkpointing: only the block's input; activations are computed again in backward.
    RECOMPUTE,
    /// All activations: faster, needs more memory.
    KEEP
  }

  /// How samples are converted to token ids and images.
  ///
  /// @param maxPixels maximum number of pixels of an image; a sample with a larger image is bad
  /// @param maxLength maximum number of tokens of a sample, image tokens included
  /// @param packing whether several samples may share a sequence
  /// @param maxBad number of bad samples that may be skipped
  /// @param prefetch number of micro-batches to load ahead
  public record Data(
      ConversationTemplate template,
      MaskRule maskRule,
      Images images,
      long maxPixels,
      int maxLength,
      Order order,
      boolean packing,
      int maxBad,
      int prefetch) {
    public Data {
      if (maxPixels < 1 || maxPixels > DecodeOptions.LARGEST_MAX_PIXELS) {
        throw wrong("maxPixels", maxPixels, "between 1 and " + DecodeOptions.LARGEST_MAX_PIXELS);
      }
      atLeast("maxLength", maxLength, 2);
      atLeast("maxBad", maxBad, 0);
      atLeast("prefetch", prefetch, 1);
    }
  }

  /// Batch sizes, length of the run, and how losses are averaged.
  ///
  /// @param globalBatch samples of one optimiser step, over all processes and gradient accumulation
  /// @param deviceBatch samples of one micro-batch on one process
  /// @param epochs passes over the data if `maxSteps` is empty
  /// @param maxSteps number of steps of the run instead of `epochs`, like `max_steps` in Hugging
  ///   Face's trainer: the data are repeated in a new order as often as needed
  /// @param lossRows maximum number of positions whose logits are in memory at once
  public record Batching(
      int globalBatch,
      int deviceBatch,
      double epochs,
      OptionalLong maxSteps,
      LossAverage lossAverage,
      int lossRows) {
    public Batching {
      atLeast("globalBatch", globalBatch, 1);
      atLeast("deviceBatch", deviceBatch, 1);
      atLeast("lossRows", lossRows, 1);
      above0("epochs", epochs);
      if (maxSteps.isPresent()) {
        atLeast("maxSteps", maxSteps.getAsLong(), 1);
      }
    }

    /// Gradient accumulation: micro-batches of one process per optimiser step.
    ///
    /// @throws BadInputException if the global batch cannot be divided equally
    public int accumulation(int processes) {
      long together = (long) deviceBatch * processes;
      if (globalBatch % together != 0) {
        throw new BadInputException(
            "globalBatch is "
                + globalBatch
                + ", which cannot be divided equally among "
                + processes
                + " process(es) with deviceBatch "
                + deviceBatch
                + "; make it a multiple of "
                + together);
      }
      return (int) (globalBatch / together);
    }

    /// Optimiser steps of the run; the last one of an epoch may have fewer samples.
    public long steps(long samples) {
      return maxSteps.orElseGet(
          () -> (long) Math.ceil(Math.ceil((double) samples / globalBatch) * epochs));
    }
  }

  /// Settings of AdamW and of the learning-rate schedule.
  ///
  /// @param learningRate learning rate after warm-up
  /// @param projectorLearningRate learning rate of the projector, if different
  /// @param visionTowerLearningRate learning rate of the vision tower, if different
  /// @param warmupRatio share of the steps that are warm-up, from 0 to below 1
  /// @param maxGradNorm limit for the L2 norm of all gradients (gradient clipping); 0 for no
  ///   clipping
  public record Optimization(
      double learningRate,
      OptionalDouble projectorLearningRate,
      OptionalDouble visionTowerLearningRate,
      double weightDecay,
      double beta1,
      double beta2,
      double epsilon,
      LearningRateSchedule schedule,
      double warmupRatio,
      double maxGradNorm) {
    public Optimization {
      above0("learningRate", learningRate);
      if (projectorLearningRate.isPresent()) {
        above0("projectorLearningRate", projectorLearningRate.getAsDouble());
      }
      if (visionTowerLearningRate.isPresent()) {
        above0("visionTowerLearningRate", visionTowerLearningRate.getAsDouble());
      }
      if (!(weightDecay >= 0) || Double.isInfinite(weightDecay)) {
        throw wrong("weightDecay", weightDecay, "0 or more");
      }
      if (!(warmupRatio >= 0 && warmupRatio < 1)) {
        throw wrong("warmupRatio", warmupRatio, "at least 0 and below 1");
      }
      if (!(maxGradNorm >= 0) || Double.isInfinite(maxGradNorm)) {
        throw wrong("maxGradNorm", maxGradNorm, "0 (off) or more");
      }
      new AdamW.Settings(beta1, beta2, epsilon);
    }

    /// A warning for the user if a run of this many steps has only warm-up steps.
    public Optional<String> warmUpWarning(long steps) {
      long warmUp = LearningRateSchedule.warmupSteps(warmupRatio, steps);
      if (schedule == LearningRateSchedule.CONSTANT || warmUp < steps) {
        return Optional.empty();
      }
      String remedy = "; use more steps (maxSteps, epochs) or warmupRatio=0";
      return Optional.of(
          steps == 1
              ? "warning: the only step of this run is warm-up and has learning rate 0, so nothing"
                  + " is learned"
                  + remedy
              : "warning: all "
                  + steps
                  + " steps of this run are warm-up, so the learning rate never reaches its full value"
                  + remedy);
    }

    public AdamW.Settings adam() {
      return new AdamW.Settings(beta1, beta2, epsilon);
    }
  }

  /// How the run is computed.
  ///
  /// @param zero what is sharded among the processes
  /// @param activation whether to use gradient checkpointing
  /// @param seed of all random numbers: sample order, new weights, dropout
  /// @param exchange how gradients travel between processes
  public record Execution(
      Precision precision,
      ZeroStage zero,
      Activation activation,
      long seed,
      GradientExchange exchange) {
    /// With gradients that travel as they are.
    public Execution(Precision precision, ZeroStage zero, Activation activation, long seed) {
      this(precision, zero, activation, seed, GradientExchange.EXACT);
    }

    public Execution {
      if (precision == Precision.FP64 && exchange == GradientExchange.BF16) {
        throw new BadInputException(
            "exchange=BF16 rounds gradients, but precision=FP64 is for checking them; use"
                + " exchange=EXACT");
      }
      if (zero.shardsParameters() && activation == Activation.KEEP) {
        throw new BadInputException(
            "activation=keep needs whole weights, but zero=parameters shards them; use"
                + " activation=recompute or a lower zero stage");
      }
    }
  }

  /// When checkpoints are written.
  ///
  /// @param saveEvery number of optimiser steps between two checkpoints
  /// @param keepLast number of checkpoints to keep
  public record Saving(int saveEvery, int keepLast) {
    public Saving {
      atLeast("saveEvery", saveEvery, 1);
      atLeast("keepLast", keepLast, 1);
    }
  }

  public TrainConfig {
    if ((stage == Stage.ADAPTER) != (lora != null)) {
      throw new BadInputException(
          stage == Stage.ADAPTER
              ? "stage adapter needs lora settings; use a lora preset"
              : "lora settings can only be used with stage adapter; use a lora preset");
    }
    if (quantizeBase && stage == Stage.FULL) {
      throw new BadInputException(
          "quantizeBase keeps the language model in 4 bits, which cannot be trained with stage full;"
              + " use a qlora preset");
    }
    if (data.template() == ConversationTemplate.PLAIN && data.packing()) {
      throw new BadInputException(
          "packing=true cannot be used with the plain template; use packing=false");
    }
  }

  /// Checks that the settings fit the number of processes.
  ///
  /// @throws BadInputException if the global batch cannot be divided equally, or gradients of one
  ///   process are to travel
  public void requireFits(int processes) {
    batching.accumulation(processes);
    if (processes == 1 && execution.exchange() != GradientExchange.EXACT) {
      throw new BadInputException(
          "exchange is "
              + execution.exchange()
              + ", but one process exchanges nothing; leave it out, or start several processes");
    }
  }

  /// The parts that are trained, derived from the stage and `trainVisionTower`.
  public TrainableParts parts() {
    return switch (stage) {
      case TOWER -> new TrainableParts(true, false, false, true, null);
      case CONNECTOR -> new TrainableParts(true, false, false, trainVisionTower, null);
      case FULL -> new TrainableParts(true, true, true, trainVisionTower, null);
      case ADAPTER -> new TrainableParts(true, true, false, trainVisionTower, lora);
    };
  }

  private static void atLeast(String name, long value, long least) {
    if (value < least) {
      throw wrong(name, value, "at least " + least);
    }
  }

  private static void above0(String name, double value) {
    if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
      throw wrong(name, value, "finite and greater than 0");
    }
  }

  private static BadInputException wrong(String name, Object value, String wanted) {
    return new BadInputException(name + " is " + value + "; it must be " + wanted);
  }
}
