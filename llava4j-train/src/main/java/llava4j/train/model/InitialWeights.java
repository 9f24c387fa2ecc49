package llava4j.train.model;

import java.util.List;
import java.util.SequencedMap;
import java.util.function.Function;
import llava4j.checkpoint.weights.ParameterTable;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.config.LlavaConfig;
import llava4j.error.BadInputException;
import llava4j.train.config.LoraSettings;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// What every parameter is before the first step: the base's, or new where the base has none. New
/// values depend on seed and name alone, so all processes have the same.
public final class InitialWeights implements Function<String, Tensor> {
  private static final String DOWN = ".lora_A.weight";
  private static final String UP = ".lora_B.weight";

  private final LlavaConfig config;
  private final WeightSource base;
  private final LoraSettings lora; // null without adapters
  private final SeededTensors random;
  private final SequencedMap<String, List<Long>> shapes;

  /// @param base not closed here
  /// @param lora null without adapters
  public InitialWeights(LlavaConfig config, WeightSource base, LoraSettings lora, long seed) {
    this.config = config;
    this.base = base;
    this.lora = lora;
    this.random = new SeededTensors(seed);
    this.shapes = ParameterTable.of(config).shapes();
  }

  /// Whether the parameter is new: not in the base.
  boolean isNew(String name) {
    return !base.tensors().containsKey(name);
  }

  @Override
  public Tensor apply(String name) {
    if (!isNew(name)) {
      return base.load(name);
    }
    if (name.startsWith("projector.")) {
      long fanIn = shapes.get(prefix(name) + ".weight").get(1);
      return random.uniform(name, shapes.get(name), 1 / Math.sqrt((double) fanIn));
    }
    if (name.equals(ModelUnits.NEWLINE)) {
      return random.normal(name, shapes.get(name), 1 / Math.sqrt(config.text().dim()));
    }
    if (lora != null && name.endsWith(DOWN)) {
      // Kaiming uniform with a = sqrt(5), as PEFT: the bound is 1 / sqrt(fan in)
      long fanIn = weightOf(name, DOWN).get(1);
      return random.uniform(
          name, List.of((long) lora.rank(), fanIn), 1 / Math.sqrt((double) fanIn));
    }
    if (lora != null && name.endsWith(UP)) {
      return torch.zeros(weightOf(name, UP).get(0), lora.rank());
    }
    throw new BadInputException("the base model has no " + name + "; name a whole base model");
  }

  private List<Long> weightOf(String adapter, String ending) {
    return shapes.get(adapter.substring(0, adapter.length() - ending.length()) + ".weight");
  }

  private static String prefix(String name) {
    return name.substring(0, name.lastIndexOf('.'));
  }
}
