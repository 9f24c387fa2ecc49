package llava4j.train.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llava4j.error.BadInputException;
import llava4j.model.load.MemoryPlan;
import llava4j.tensor.Device;
import llava4j.train.config.ConfigFile;
import llava4j.train.config.Presets;
import llava4j.train.config.TrainConfig;
import llava4j.train.config.TrainConfig.Stage;
import llava4j.train.forecast.Forecast;
import llava4j.train.shard.ZeroStage;

/// What would fit where a run does not.
final class Remedies {
  private Remedies() {}

  /// One sentence.
  static String sentence(TrainingPlan plan) {
    List<String> fitting = new ArrayList<>();
    TrainConfig config = plan.config();
    boolean sharded = config.execution().zero() == ZeroStage.PARAMETERS;
    if (!sharded && plan.cluster().size() > 1) {
      smaller(plan, config, List.of("zero=PARAMETERS", "activation=RECOMPUTE"))
          .ifPresent(fitting::add);
    }
    smaller(plan, config, List.of()).ifPresent(fitting::add);
    if (config.stage() == Stage.FULL) {
      String size = config.preset().endsWith("13b") ? "13b" : "7b";
      for (String preset : List.of("lora" + size, "qlora" + size)) {
        smaller(plan, Presets.named(preset), List.of())
            .ifPresent(found -> fitting.add("preset " + preset + " " + found));
      }
    } else if (config.stage() == Stage.ADAPTER && !config.quantizeBase()) {
      smaller(plan, config, List.of("quantizeBase=true", "zero=GRADIENTS")).ifPresent(fitting::add);
    }
    return fitting.isEmpty()
        ? "  nothing of ZeRO-3, a smaller deviceBatch, LoRA or a 4-bit base makes it fit; use more GPUs"
            + " or larger ones"
        : "  what fits: " + String.join("; or ", fitting);
  }

  /// The changes, with the largest device batch that fits.
  private static Optional<String> smaller(
      TrainingPlan plan, TrainConfig from, List<String> changes) {
    for (int batch = from.batching().deviceBatch(); batch >= 1; batch /= 2) {
      List<String> all = new ArrayList<>(changes);
      if (batch < from.batching().deviceBatch()) {
        all.add("deviceBatch=" + batch);
      }
      Optional<Forecast> forecast = forecast(plan, from, all);
      if (forecast.isPresent()
          && forecast.get().peakBytes() <= plan.cluster().accelerator().memoryBytes()) {
        return Optional.of(
            String.join(" ", all)
                + (all.isEmpty() ? "(" : " (")
                + MemoryPlan.gigabytes(forecast.get().peakBytes())
                + ")");
      }
    }
    return Optional.empty();
  }

  private static Optional<Forecast> forecast(
      TrainingPlan plan, TrainConfig from, List<String> changes) {
    try {
      TrainConfig changed = new ConfigFile().with(from, changes);
      changed.requireFits(plan.cluster().size());
      return Optional.of(
          Forecast.of(changed, plan.model(), plan.cluster().size(), new Device.Cuda(0)));
    } catch (BadInputException e) {
      return Optional.empty(); // these settings exclude each other
    }
  }
}
