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

/// The initial value of every parameter: that of the base model, or a new random one if the base
/// model has none. New values depend only on seed and name, so they are the same on all processes.
public final class InitialWeights implements Function<String, Tensor> {
  private static final String LORA_A = ".lora_A.weight";
  private static final String LORA_B = ".lora_B.weight";

  private final LlavaConfig config;
  private final WeightSource base;
  private final LoraSettings lora; // null without LoRA
  private final SeededTensors random;
  private final SequencedMap<String, List<Long>> shapes;

  /// @param base not closed here
  /// @param lora null without LoRA
  public InitialWeights(LlavaConfig config, WeightSource base, LoraSettings lora, long seed) {
    this.config = config;
    this.base = base;
    this.lora = lora;
    this.random = new SeededTensors(seed);
    this.shapes = ParameterTable.of(config).shapes();
  }

  /// Whether the base model lacks the parameter.
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
    if (lora != null && name.endsWith(LORA_A)) {
      // Kaiming uniform with a = sqrt(5), as PEFT: the bound is 1 / sqrt(fan in)
      long fanIn = weightOf(name, LORA_A).get(1);
      return random.uniform(
          name, List.of((long) lora.rank(), fanIn), 1 / Math.sqrt((double) fanIn));
    }
    if (lora != null && name.endsWith(LORA_B)) {
      return torch.zeros(weightOf(name, LORA_B).get(0), lora.rank());
    }
    throw new BadInputException(
        "the base model has no parameter " + name + "; use a complete base model");
  }

  private List<Long> weightOf(String adapter, String ending) {
    return shapes.get(adapter.substring(0, adapter.length() - ending.length()) + ".weight");
  }

  private static String prefix(String name) {
    return name.substring(0, name.lastIndexOf('.'));
  }
}
