package llava4j.train.model;

import java.util.Map;
import llava4j.model.linear.Linear;
import llava4j.model.linear.Parameters;
import llava4j.train.config.LoraSettings;
import org.bytedeco.pytorch.Tensor;

/// Parameters of a model whose tensors are held elsewhere: gathered units, LoRA adapters on them,
/// 4-bit matrices.
///
/// @param tensors plain tensors by this library's parameter names
/// @param quantised 4-bit linear layers, by prefix of their names
/// @param lora scale and dropout of the adapters; null without LoRA
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
