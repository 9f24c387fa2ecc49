package llava4j.tiny.train;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.function.Supplier;
import llava4j.text.tokenizer.Tokenizer;
import llava4j.train.config.Presets;
import llava4j.train.config.TrainConfig;
import llava4j.train.config.TrainConfig.Activation;
import llava4j.train.config.TrainConfig.Batching;
import llava4j.train.config.TrainConfig.Execution;
import llava4j.train.config.TrainConfig.Optimization;
import llava4j.train.config.TrainConfig.Stage;
import llava4j.train.model.ObjectiveFactory;
import llava4j.train.model.TrainingModel;
import llava4j.train.optim.LearningRateSchedule;

/// The stages before the paper's, for a model that is made from nothing: their presets, and what
/// they minimise.
public final class EarlyStages {
  private EarlyStages() {}

  /// Stage 0 of a language model made from nothing: texts without images.
  public static TrainConfig tinyText() {
    return like(
        Presets.tinyFinetune(), "tinyText", Stage.FULL, 64, optimization(1e-3, 0, 0.999, 0.03));
  }

  /// Stage 0 of a vision tower made from nothing: which words a caption has.
  public static TrainConfig tinyTower() {
    return like(
        Presets.tinyFinetune(), "tinyTower", Stage.TOWER, 32, optimization(4e-4, 0.05, 0.98, 0.05));
  }

  /// Both by the names that the command line takes.
  public static Map<String, Supplier<TrainConfig>> all() {
    Map<String, Supplier<TrainConfig>> all = new LinkedHashMap<>();
    all.put("tinyText", EarlyStages::tinyText);
    all.put("tinyTower", EarlyStages::tinyTower);
    return all;
  }

  /// What a run minimises: in stage TOWER [CaptionWords], in the paper's stages as always.
  ///
  /// @param samples the run's
  /// @param tokenizers opens the base's
  public static ObjectiveFactory objective(
      TrainConfig config, Path samples, Supplier<Tokenizer> tokenizers) {
    return config.stage() == Stage.TOWER
        ? CaptionWords.over(samples, tokenizers)
        : TrainingModel::of;
  }

  /// As a later stage, but that activations are kept: a small model's need little memory.
  private static TrainConfig like(
      TrainConfig later, String name, Stage stage, int batch, Optimization optimization) {
    return new TrainConfig(
        name,
        stage,
        false,
        null,
        false,
        later.data(),
        new Batching(
            batch,
            batch,
            1,
            OptionalLong.empty(),
            later.batching().lossAverage(),
            later.batching().lossRows()),
        optimization,
        new Execution(
            later.execution().precision(),
            later.execution().zero(),
            Activation.KEEP,
            later.execution().seed()),
        later.saving());
  }

  private static Optimization optimization(double rate, double decay, double beta2, double warmup) {
    return new Optimization(
        rate,
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        decay,
        0.9,
        beta2,
        1e-8,
        LearningRateSchedule.COSINE,
        warmup,
        1);
  }
}
