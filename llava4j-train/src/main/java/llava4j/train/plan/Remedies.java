package llava4j.train.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
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

  /// One sentence, with commands that have all settings of the run and those that make it fit.
  ///
  /// @param overrides settings that the user gave, `key=value`
  static String sentence(TrainingPlan plan, List<String> overrides) {
    List<String> fitting = new ArrayList<>();
    TrainConfig config = plan.config();
    boolean sharded = config.execution().zero() == ZeroStage.PARAMETERS;
    if (!sharded && plan.cluster().size() > 1) {
      smaller(plan, config, overrides, List.of("zero=PARAMETERS", "activation=RECOMPUTE"))
          .ifPresent(fitting::add);
    }
    smaller(plan, config, overrides, List.of()).ifPresent(fitting::add);
    if (config.stage() == Stage.FULL) {
      String size = config.preset().endsWith("13b") ? "13b" : "7b";
      for (String preset : List.of("lora" + size, "qlora" + size)) {
        with(Presets.named(preset), overrides)
            .flatMap(changed -> smaller(plan, changed, overrides, List.of()))
            .ifPresent(fitting::add);
      }
    } else if (config.stage() == Stage.ADAPTER && !config.quantizeBase()) {
      smaller(plan, config, overrides, List.of("quantizeBase=true", "zero=GRADIENTS"))
          .ifPresent(fitting::add);
    }
    return fitting.isEmpty()
        ? "  nothing of ZeRO-3, a smaller deviceBatch, LoRA or a 4-bit base makes it fit; use more GPUs"
            + " or larger ones"
        : "  what fits: " + String.join("; or ", fitting);
  }

  /// The command with the changes, and with the largest device batch that fits.
  ///
  /// @param from settings of the run, overrides included
  private static Optional<String> smaller(
      TrainingPlan plan, TrainConfig from, List<String> overrides, List<String> changes) {
    for (int batch = from.batching().deviceBatch(); batch >= 1; batch /= 2) {
      List<String> all = new ArrayList<>(changes);
      if (batch < from.batching().deviceBatch()) {
        all.add("deviceBatch=" + batch);
      }
      Optional<Forecast> forecast = forecast(plan, from, all);
      if (forecast.isPresent()
          && forecast.get().peakBytes() <= plan.cluster().accelerator().memoryBytes()) {
        List<String> words = new ArrayList<>(List.of("llava train", from.preset()));
        words.addAll(kept(overrides, all));
        words.addAll(all);
        return Optional.of(
            String.join(" ", words)
                + " ("
                + MemoryPlan.gigabytes(forecast.get().peakBytes())
                + ")");
      }
    }
    return Optional.empty();
  }

  /// The user's settings without those that are replaced.
  private static List<String> kept(List<String> overrides, List<String> changes) {
    Set<String> replaced = changes.stream().map(Remedies::key).collect(Collectors.toSet());
    return overrides.stream().filter(override -> !replaced.contains(key(override))).toList();
  }

  private static String key(String override) {
    String name = override.split("=", 2)[0].strip();
    return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
  }

  private static Optional<Forecast> forecast(
      TrainingPlan plan, TrainConfig from, List<String> changes) {
    try {
      return with(from, changes)
          .map(changed -> {
            changed.requireFits(plan.cluster().size());
            return Forecast.of(changed, plan.model(), plan.cluster().size(), new Device.Cuda(0));
          });
    } catch (BadInputException e) {
      return Optional.empty(); // these settings exclude each other
    }
  }

  private static Optional<TrainConfig> with(TrainConfig from, List<String> changes) {
    try {
      return Optional.of(new ConfigFile().with(from, changes));
    } catch (BadInputException e) {
      return Optional.empty(); // these settings exclude each other
    }
  }
}
