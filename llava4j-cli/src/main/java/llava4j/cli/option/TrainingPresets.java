package llava4j.cli.option;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import llava4j.tiny.train.EarlyStages;
import llava4j.train.config.Presets;
import llava4j.train.config.TrainConfig;

/// All presets that the command line takes: the paper's, and those of the stages before them.
public final class TrainingPresets {
  private TrainingPresets() {}

  /// By their names.
  public static Map<String, Supplier<TrainConfig>> all() {
    Map<String, Supplier<TrainConfig>> all = new LinkedHashMap<>(Presets.all());
    all.putAll(EarlyStages.all());
    return all;
  }

  /// The preset of this name, in capitals or not.
  public static TrainConfig named(String name) {
    return Presets.named(all(), name);
  }
}
