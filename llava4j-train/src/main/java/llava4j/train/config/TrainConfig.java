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
import llava4j.train.shard.ZeroStage;

/// Everything that decides what a run learns. Presets are in [Presets]; a file of it lies beside
/// every result.
///
/// @param preset name of the preset it began as
/// @param stage what is learned
/// @param trainVisionTower the image encoder too; no run of the paper does
/// @param lora adapters; null except in stage ADAPTER
/// @param quantizeBase keep the frozen language model's matrices in 4 bits (QLoRA)
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

  /// What is learned.
  public enum Stage {
    /// Stage 0: the vision tower and the connector against the captions' words, for towers that are
    /// made from nothing.
    TOWER,
    /// Stage 1: the connector alone.
    CONNECTOR,
    /// Stage 2: connector and language model.
    FULL,
    /// Stage 2 with low-rank adapters in place of the language model's own weights.
    ADAPTER
  }

  /// How one image becomes views.
  public enum Images {
    /// Padded to a square.
    PAD,
    /// Centre cropped.
    SQUARE,
    /// LLaVA-1.5-HD's tiles.
    HD;

    /// The mode for views of `imageSize` pixels.
    public ImageMode mode(int imageSize) {
      return switch (this) {
        case PAD -> new ImageMode.Pad();
        case SQUARE -> new ImageMode.Square();
        case HD -> new ImageMode.Hd(HighDefinition.paper(imageSize));
      };
    }
  }

  /// In which order samples come.
  public enum Order {
    SEQUENTIAL,
    SHUFFLED,
    LENGTH_GROUPED,
    /// Not of the original: less padding.
    LENGTH_BUCKETS,
    MODALITY_GROUPED
  }

  /// How the losses of micro-batches and processes become one.
  public enum LossAverage {
    /// The mean of their means, as the original: a short one weighs as much as a long one.
    REFERENCE,
    /// Over all supervised tokens of the step alike.
    TOKENS
  }

  /// The type of parameters and activations; master weights and optimiser state are fp32 anyway.
  public enum Precision {
    FP32,
    BF16,
    /// For checks of gradients.
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

  /// What blocks keep between forward and backward.
  public enum Activation {
    RECOMPUTE,
    KEEP
  }

  /// From samples to ids and images.
  ///
  /// @param maxPixels of an image; a larger one makes its sample a broken one
  /// @param maxLength rows of a sample, images included
  /// @param packing several samples share a sequence
  /// @param maxBad broken samples that may be skipped
  /// @param prefetch micro-batches that are made ready ahead
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

  /// How many samples, and how their losses are averaged.
  ///
  /// @param globalBatch samples of one optimiser step, over all processes and micro-batches
  /// @param deviceBatch samples that one process takes at once
  /// @param epochs passes over the data, where `maxSteps` is empty
  /// @param maxSteps steps of the run in place of `epochs`, as Hugging Face's `max_steps`: the data
  ///   are walked again, in a new order, for as long as it takes
  /// @param lossRows rows whose logits exist at once
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

    /// Micro-batches of one process per optimiser step.
    public int accumulation(int processes) {
      long together = (long) deviceBatch * processes;
      if (globalBatch % together != 0) {
        throw new BadInputException(
            "globalBatch is "
                + globalBatch
                + ", which "
                + processes
                + " process(es) with deviceBatch "
                + deviceBatch
                + " cannot share equally; make it a multiple of "
                + together);
      }
      return (int) (globalBatch / together);
    }

    /// Optimiser steps of the run; the last one of an epoch may be short.
    public long steps(long samples) {
      return maxSteps.orElseGet(
          () -> (long) Math.ceil(Math.ceil((double) samples / globalBatch) * epochs));
    }
  }

  /// AdamW and the learning rate.
  ///
  /// @param projectorLearningRate of the connector, where it has one of its own
  /// @param visionTowerLearningRate of the vision tower, where it learns at a rate of its own
  /// @param warmupRatio share of the steps in which the rate grows
  /// @param maxGradNorm gradients together are scaled down to this norm; 0 switches that off
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

    /// What people should hear before a run of so many steps whose learning rate does not get
    /// beyond its warm-up.
    public Optional<String> warmUpWarning(long steps) {
      long warmUp = LearningRateSchedule.warmupSteps(warmupRatio, steps);
      if (schedule == LearningRateSchedule.CONSTANT || warmUp < steps) {
        return Optional.empty();
      }
      String remedy = "; take more steps (maxSteps, epochs) or warmupRatio=0";
      return Optional.of(
          steps == 1
              ? "warning: the only step of this run is warm-up and has learning rate 0, so nothing"
                  + " is learned"
                  + remedy
              : "warning: all "
                  + steps
                  + " steps of this run are warm-up, so the learning rate never reaches its value"
                  + remedy);
    }

    public AdamW.Settings adam() {
      return new AdamW.Settings(beta1, beta2, epsilon);
    }
  }

  /// How it is computed.
  ///
  /// @param seed of everything random
  public record Execution(Precision precision, ZeroStage zero, Activation activation, long seed) {
    public Execution {
      if (zero.shardsParameters() && activation == Activation.KEEP) {
        throw new BadInputException(
            "activation=keep holds on to whole weights, which zero=parameters deals out; use"
                + " activation=recompute or a lower zero stage");
      }
    }
  }

  /// When checkpoints are written.
  ///
  /// @param saveEvery optimiser steps between two
  /// @param keepLast how many stay
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
              ? "stage adapter needs lora settings; take a lora preset"
              : "lora settings belong to stage adapter; take a lora preset");
    }
    if (quantizeBase && stage == Stage.FULL) {
      throw new BadInputException(
          "quantizeBase keeps the language model in 4 bits, which cannot learn; take a qlora preset");
    }
    if (data.template() == ConversationTemplate.PLAIN && data.packing()) {
      throw new BadInputException("packing is for conversations; the plain template has none");
    }
  }

  /// Says what is wrong with the sizes for a number of processes.
  public void requireFits(int processes) {
    batching.accumulation(processes);
  }

  /// What this run learns: the one place where it is decided.
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
      throw wrong(name, value, "above 0, and finite");
    }
  }

  private static BadInputException wrong(String name, Object value, String wanted) {
    return new BadInputException(name + " is " + value + "; it must be " + wanted);
  }
}
