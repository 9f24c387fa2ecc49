package llava4j.train.config;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.function.Supplier;
import llava4j.error.BadInputException;
import llava4j.image.decode.DecodeOptions;
import llava4j.text.template.ConversationTemplate;
import llava4j.train.batch.MaskRule;
import llava4j.train.config.TrainConfig.Activation;
import llava4j.train.config.TrainConfig.Batching;
import llava4j.train.config.TrainConfig.Data;
import llava4j.train.config.TrainConfig.Execution;
import llava4j.train.config.TrainConfig.Images;
import llava4j.train.config.TrainConfig.LossAverage;
import llava4j.train.config.TrainConfig.Optimization;
import llava4j.train.config.TrainConfig.Order;
import llava4j.train.config.TrainConfig.Precision;
import llava4j.train.config.TrainConfig.Saving;
import llava4j.train.config.TrainConfig.Stage;
import llava4j.train.optim.LearningRateSchedule;
import llava4j.train.shard.ZeroStage;

/// The paper's training runs with all their hyperparameters (Table 9, `scripts/v1_5`, spec 5.1 and
/// 5.7), and runs for tiny models. The presets for 7B and 13B differ only in the base model.
public final class Presets {
  private static final long SEED = 42;
  private static final int MAX_LENGTH = 2048;
  private static final int HD_MAX_LENGTH = 4096;
  private static final int LOSS_ROWS = 1024;

  private Presets() {}

  /// Stage 1: trains the projector on 558K captions.
  public static TrainConfig pretrain(String name) {
    return new TrainConfig(
        name,
        Stage.CONNECTOR,
        false,
        null,
        false,
        new Data(
            ConversationTemplate.PLAIN,
            MaskRule.BY_CONSTRUCTION,
            Images.SQUARE,
            DecodeOptions.DEFAULT_MAX_PIXELS,
            MAX_LENGTH,
            Order.SHUFFLED,
            false,
            0,
            4),
        new Batching(256, 32, 1, OptionalLong.empty(), LossAverage.REFERENCE, LOSS_ROWS),
        optimization(1e-3, OptionalDouble.empty()),
        new Execution(Precision.BF16, ZeroStage.GRADIENTS, Activation.RECOMPUTE, SEED),
        new Saving(24_000, 1));
  }

  /// Stage 2: trains the projector and the language model on the 665K mixture.
  public static TrainConfig finetune(String name) {
    return new TrainConfig(
        name,
        Stage.FULL,
        false,
        null,
        false,
        conversations(Images.PAD, MAX_LENGTH),
        new Batching(128, 16, 1, OptionalLong.empty(), LossAverage.REFERENCE, LOSS_ROWS),
        optimization(2e-5, OptionalDouble.empty()),
        new Execution(Precision.BF16, ZeroStage.PARAMETERS, Activation.RECOMPUTE, SEED),
        new Saving(50_000, 1));
  }

  /// Stage 2 of LLaVA-1.5-HD: images are split into tiles of 224 pixels, and the maximum length is
  /// larger to hold their image tokens.
  public static TrainConfig finetuneHd(String name) {
    TrainConfig plain = finetune(name);
    return new TrainConfig(
        name,
        plain.stage(),
        false,
        null,
        false,
        conversations(Images.HD, HD_MAX_LENGTH),
        plain.batching(),
        plain.optimization(),
        plain.execution(),
        plain.saving());
  }

  /// Stage 2 with LoRA (`finetune_lora.sh`).
  public static TrainConfig lora(String name) {
    TrainConfig plain = finetune(name);
    return new TrainConfig(
        name,
        Stage.ADAPTER,
        false,
        new LoraSettings(128, 256, 0.05, LoraSettings.ALL_LINEAR),
        false,
        plain.data(),
        plain.batching(),
        optimization(2e-4, OptionalDouble.of(2e-5)),
        plain.execution(),
        plain.saving());
  }

  /// Stage 2 with QLoRA: LoRA on a base model in 4 bits (`finetune_qlora.sh`: rank 64, alpha 16;
  /// spec 5.7). The 4-bit base is small, so each process keeps all of it.
  public static TrainConfig qlora(String name) {
    TrainConfig plain = finetune(name);
    return new TrainConfig(
        name,
        Stage.ADAPTER,
        false,
        new LoraSettings(64, 16, 0.05, LoraSettings.ALL_LINEAR),
        true,
        plain.data(),
        plain.batching(),
        optimization(2e-5, OptionalDouble.empty()),
        new Execution(Precision.BF16, ZeroStage.GRADIENTS, Activation.RECOMPUTE, SEED),
        plain.saving());
  }

  /// Stage 1 for models small enough to be trained on a CPU.
  public static TrainConfig tinyPretrain() {
    TrainConfig large = pretrain("tinyPretrain");
    return tiny(large, new Batching(32, 8, 1, OptionalLong.empty(), LossAverage.TOKENS, LOSS_ROWS));
  }

  /// Stage 2 for models small enough to be trained on a CPU.
  public static TrainConfig tinyFinetune() {
    TrainConfig large = finetune("tinyFinetune");
    TrainConfig tiny =
        tiny(large, new Batching(16, 4, 1, OptionalLong.empty(), LossAverage.TOKENS, LOSS_ROWS));
    return new TrainConfig(
        tiny.preset(),
        tiny.stage(),
        false,
        null,
        false,
        tiny.data(),
        tiny.batching(),
        clipped(optimization(2e-4, OptionalDouble.empty())),
        tiny.execution(),
        tiny.saving());
  }

  /// Stage 2 with LoRA for models small enough to be trained on a CPU.
  public static TrainConfig tinyLora() {
    TrainConfig large = lora("tinyLora");
    TrainConfig tiny =
        tiny(large, new Batching(16, 4, 1, OptionalLong.empty(), LossAverage.TOKENS, LOSS_ROWS));
    return new TrainConfig(
        tiny.preset(),
        tiny.stage(),
        false,
        new LoraSettings(8, 16, 0.05, LoraSettings.ALL_LINEAR),
        false,
        tiny.data(),
        tiny.batching(),
        clipped(optimization(2e-4, OptionalDouble.of(2e-5))),
        tiny.execution(),
        tiny.saving());
  }

  /// All of these presets by their names.
  public static Map<String, Supplier<TrainConfig>> all() {
    Map<String, Supplier<TrainConfig>> all = new LinkedHashMap<>();
    for (String size : new String[] {"7b", "13b"}) {
      all.put("pretrain" + size, () -> pretrain("pretrain" + size));
      all.put("finetune" + size, () -> finetune("finetune" + size));
      all.put("finetuneHd" + size, () -> finetuneHd("finetuneHd" + size));
      all.put("lora" + size, () -> lora("lora" + size));
      all.put("qlora" + size, () -> qlora("qlora" + size));
    }
    all.put("task", () -> finetune("task"));
    all.put("taskLora", () -> lora("taskLora"));
    all.put("tinyPretrain", Presets::tinyPretrain);
    all.put("tinyFinetune", Presets::tinyFinetune);
    all.put("tinyLora", Presets::tinyLora);
    return all;
  }

  /// The preset of this name, ignoring case.
  ///
  /// @throws BadInputException if there is no such preset
  public static TrainConfig named(String name) {
    return named(all(), name);
  }

  /// The preset of this name among the given ones, ignoring case.
  ///
  /// @param presets all presets by their names
  /// @throws BadInputException if there is no such preset
  public static TrainConfig named(Map<String, Supplier<TrainConfig>> presets, String name) {
    return presets.entrySet().stream()
        .filter(
            entry -> entry.getKey().toLowerCase(Locale.ROOT).equals(name.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(() ->
            new BadInputException("unknown preset '" + name + "': use one of " + presets.keySet()))
        .getValue()
        .get();
  }

  private static Data conversations(Images images, int maxLength) {
    return new Data(
        ConversationTemplate.VICUNA_V1,
        MaskRule.BY_CONSTRUCTION,
        images,
        DecodeOptions.DEFAULT_MAX_PIXELS,
        maxLength,
        Order.MODALITY_GROUPED,
        false,
        0,
        4);
  }

  private static Optimization optimization(double rate, OptionalDouble projectorRate) {
    return new Optimization(
        rate,
        projectorRate,
        OptionalDouble.empty(),
        0,
        0.9,
        0.999,
        1e-8,
        LearningRateSchedule.COSINE,
        0.03,
        0);
  }

  /// Enables gradient clipping: small models diverge more easily than large ones.
  private static Optimization clipped(Optimization plain) {
    return new Optimization(
        plain.learningRate(),
        plain.projectorLearningRate(),
        plain.visionTowerLearningRate(),
        plain.weightDecay(),
        plain.beta1(),
        plain.beta2(),
        plain.epsilon(),
        plain.schedule(),
        plain.warmupRatio(),
        1);
  }

  private static TrainConfig tiny(TrainConfig large, Batching batching) {
    return new TrainConfig(
        large.preset(),
        large.stage(),
        false,
        large.lora(),
        large.quantizeBase(),
        large.data(),
        batching,
        clipped(large.optimization()),
        new Execution(Precision.FP32, ZeroStage.NONE, Activation.RECOMPUTE, SEED),
        new Saving(200, 2));
  }
}
