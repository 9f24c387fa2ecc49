package llava4j.experiment.catalogue;

import java.util.OptionalDouble;
import llava4j.train.config.TrainConfig;
import llava4j.train.config.TrainConfig.Activation;
import llava4j.train.config.TrainConfig.Batching;
import llava4j.train.config.TrainConfig.Data;
import llava4j.train.config.TrainConfig.Execution;
import llava4j.train.config.TrainConfig.Images;
import llava4j.train.config.TrainConfig.Optimization;
import llava4j.train.config.TrainConfig.Order;
import llava4j.train.config.TrainConfig.Precision;
import llava4j.train.config.TrainConfig.Saving;
import llava4j.train.optim.LearningRateSchedule;
import llava4j.train.shard.ZeroStage;

/// A preset of training with some values replaced.
record Changes(TrainConfig config) {
  private static final int SAVE_EVERY = 100;

  static Changes of(TrainConfig preset) {
    return new Changes(preset);
  }

  Changes batching(Batching batching) {
    return with(config.data(), batching, config.optimization(), config.execution());
  }

  Changes optimization(Optimization optimization) {
    return with(config.data(), config.batching(), optimization, config.execution());
  }

  Changes order(Order order) {
    return data(order, config.data().images(), config.data().maxLength());
  }

  Changes images(Images images) {
    return data(config.data().order(), images, config.data().maxLength());
  }

  Changes maxLength(int length) {
    return data(config.data().order(), config.data().images(), length);
  }

  private Changes data(Order order, Images images, int maxLength) {
    Data data = config.data();
    Data changed =
        new Data(
            data.template(),
            data.maskRule(),
            images,
            data.maxPixels(),
            maxLength,
            order,
            data.packing(),
            data.maxBad(),
            data.prefetch());
    return with(changed, config.batching(), config.optimization(), config.execution());
  }

  /// For one process that keeps activations, as small models can, and few checkpoints.
  Changes fast(Precision precision) {
    TrainConfig quick =
        with(
                config.data(),
                config.batching(),
                config.optimization(),
                new Execution(
                    precision, ZeroStage.NONE, Activation.KEEP, config.execution().seed()))
            .config();
    return new Changes(
        new TrainConfig(
            quick.preset(),
            quick.stage(),
            quick.trainVisionTower(),
            quick.lora(),
            quick.quantizeBase(),
            quick.data(),
            quick.batching(),
            quick.optimization(),
            quick.execution(),
            new Saving(SAVE_EVERY, 1)));
  }

  private Changes with(
      Data data, Batching batching, Optimization optimization, Execution execution) {
    return new Changes(
        new TrainConfig(
            config.preset(),
            config.stage(),
            config.trainVisionTower(),
            config.lora(),
            config.quantizeBase(),
            data,
            batching,
            optimization,
            execution,
            config.saving()));
  }

  /// Another learning rate.
  static Optimization rated(Optimization preset, double rate, OptionalDouble projectorRate) {
    return new Optimization(
        rate,
        projectorRate,
        preset.visionTowerLearningRate(),
        preset.weightDecay(),
        preset.beta1(),
        preset.beta2(),
        preset.epsilon(),
        preset.schedule(),
        preset.warmupRatio(),
        preset.maxGradNorm());
  }

  /// Another schedule.
  static Optimization scheduled(Optimization preset, LearningRateSchedule schedule) {
    return new Optimization(
        preset.learningRate(),
        preset.projectorLearningRate(),
        preset.visionTowerLearningRate(),
        preset.weightDecay(),
        preset.beta1(),
        preset.beta2(),
        preset.epsilon(),
        schedule,
        preset.warmupRatio(),
        preset.maxGradNorm());
  }
}
