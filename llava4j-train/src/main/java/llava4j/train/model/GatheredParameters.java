package llava4j.train.model;

import java.util.Map;
import llava4j.model.linear.Linear;
import llava4j.model.linear.Parameters;
import llava4j.train.config.LoraSettings;
import org.bytedeco.pytorch.Tensor;

/// Hands out tensors that somebody holds: gathered units, adapters on them, quantised matrices.
///
/// @param tensors under our names
/// @param quantised linear layers that are no plain tensors, by prefix
/// @param lora how adapters count; null where there are none
public record GatheredParameters(
    Map<String, Tensor> tensors, Map<String, Linear> quantised, LoraSettings lora)
    implements Parameters {

  @Override
  public boolean has(String name) {
    return tensors.containsKey(name);
  }

  @Override
  public Tensor dense(String name) {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new IllegalStateException("no parameter " + name);
    }
    return tensor;
  }

  @Override
  public Tensor table(String name) {
    return dense(name);
  }

  @Override
  public Linear linear(String prefix) {
    Linear base = quantised.get(prefix);
    if (base == null) {
      base = denseLinear(prefix, 0);
    }
    if (!has(prefix + ".lora_A.weight")) {
      return base;
    }
    return new Linear.LowRank(
        base,
        dense(prefix + ".lora_A.weight"),
        dense(prefix + ".lora_B.weight"),
        lora.scale(),
        lora.dropout());
  }

  @Override
  public Linear linear(Tensor weight, Tensor biasOrNull) {
    return new Linear.Dense(weight, biasOrNull);
  }

  @Override
  public Linear denseLinear(String prefix, long rows) {
    return linear(
        dense(prefix + ".weight"), has(prefix + ".bias") ? dense(prefix + ".bias") : null);
  }
}
