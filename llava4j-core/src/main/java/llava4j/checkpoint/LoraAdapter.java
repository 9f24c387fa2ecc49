package llava4j.checkpoint;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import llava4j.config.ConfigNode;
import llava4j.config.ProjectorConfig;
import llava4j.error.BadInputException;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/// A base checkpoint with a PEFT adapter on it: either beside its matrices (the model adds the
/// low-rank product) or merged into them.
///
/// Beside them, each adapted matrix `x.weight` is joined by `x.lora_A.weight`, `x.lora_B.weight`
/// and `x.lora_scale`.
public final class LoraAdapter implements WeightSource {
  private static final String DOWN = ".lora_A.weight";
  private static final String UP = ".lora_B.weight";
  private static final String SCALE = ".lora_scale";

  private final WeightSource base;
  private final RenamedSource adapter;
  private final float scale;
  private final boolean merged;
  private final SequencedMap<String, TensorInfo> tensors = new LinkedHashMap<>();

  private LoraAdapter(WeightSource base, RenamedSource adapter, float scale, boolean merged) {
    this.base = base;
    this.adapter = adapter;
    this.scale = scale;
    this.merged = merged;
  }

  /// Puts the adapter of `folder` on `base`, whose tensors have our names.
  ///
  /// @param merge add the update to the matrices when they are loaded, instead of keeping it apart
  public static LoraAdapter open(Path folder, WeightSource base, boolean merge) {
    ConfigNode config = ConfigNode.read(folder.resolve("adapter_config.json"));
    float scale = scale(config);
    RenamedSource adapter = new RenamedSource();
    try {
      adapter.add(WeightFolder.open(folder, List.of("adapter_model")), LoraAdapter::ours);
      LoraAdapter adapted = new LoraAdapter(base, adapter, scale, merge);
      adapted.collect(folder);
      return adapted;
    } catch (RuntimeException e) {
      adapter.close();
      throw e;
    }
  }

  /// Our name for a tensor of an adapter or of `non_lora_trainables.bin`.
  static Optional<String> ours(String stored) {
    String name = stored;
    while (name.startsWith("base_model.")) {
      name = name.substring("base_model.".length());
    }
    if (name.startsWith("model.model.")) {
      name = name.substring("model.".length());
    }
    return NameTable.ours(
        name.replace(".lora_A.default.", ".lora_A.").replace(".lora_B.default.", ".lora_B."));
  }

  /// The name that PEFT gives a tensor of an adapter, or one that was learned beside it.
  ///
  /// @param ours such as `language_model.layers.0.self_attn.q_proj.lora_A.weight`
  public static String peft(String ours, ProjectorConfig projector) {
    return "base_model.model." + NameTable.original(ours, projector);
  }

  @Override
  public SequencedMap<String, TensorInfo> tensors() {
    return Collections.unmodifiableSequencedMap(tensors);
  }

  @Override
  public Tensor load(String name) {
    if (name.endsWith(SCALE)) {
      try (Scope scope = new Scope()) {
        return scope.keep(Tensors.ofFloats(new float[] {scale}, 1)); // [1]
      }
    }
    if (name.endsWith(DOWN) || name.endsWith(UP)) {
      return adapter.load(name);
    }
    String prefix = prefix(name);
    return merged && adapter.tensors().containsKey(prefix + DOWN)
        ? merge(name, prefix)
        : base.load(name);
  }

  @Override
  public boolean isView(String name) {
    boolean changed = merged && adapter.tensors().containsKey(prefix(name) + DOWN);
    return !changed && base.tensors().containsKey(name) && base.isView(name);
  }

  @Override
  public void release(String name) {
    if (base.tensors().containsKey(name)) {
      base.release(name);
    }
  }

  @Override
  public void close() {
    adapter.close();
    base.close();
  }

  /// W + scale · B A, computed in fp32 and rounded to the type of W.
  private Tensor merge(String name, String prefix) {
    try (Scope scope = new Scope()) {
      Tensor weight = base.load(name); // [out, in]
      Tensor down = adapter.load(prefix + DOWN).to(DType.F32.scalarType()); // [rank, in]
      Tensor up = adapter.load(prefix + UP).to(DType.F32.scalarType()); // [out, rank]
      Tensor update = up.matmul(down).mul_(new Scalar(scale)); // [out, in]
      Tensor sum = update.add_(weight.to(DType.F32.scalarType())); // [out, in]
      return scope.keep(sum.to(weight.scalar_type()));
    }
  }

  /// Checks that every part of the adapter has its counterpart and its place.
  private void collect(Path folder) {
    tensors.putAll(base.tensors());
    List<String> problems = new ArrayList<>();
    for (TensorInfo info : adapter.tensors().values()) {
      String name = info.name();
      String prefix =
          name.endsWith(DOWN) || name.endsWith(UP)
              ? name.substring(0, name.length() - DOWN.length())
              : null;
      if (prefix == null) {
        problems.add("unexpected " + info.name());
      } else if (!base.tensors().containsKey(prefix + ".weight")) {
        problems.add(info.name() + " adapts " + prefix + ", which the base model does not have");
      } else if (name.endsWith(DOWN)) {
        addPair(prefix, problems);
      } else if (!adapter.tensors().containsKey(prefix + DOWN)) {
        problems.add(info.name() + " has no lora_A beside it");
      }
    }
    if (!problems.isEmpty()) {
      throw new BadInputException(
          folder + " does not fit the base model: " + String.join("; ", problems));
    }
  }

  private void addPair(String prefix, List<String> problems) {
    TensorInfo down = adapter.tensors().get(prefix + DOWN);
    TensorInfo up = adapter.tensors().get(prefix + UP);
    List<Long> weight = base.tensors().get(prefix + ".weight").shape();
    if (up == null) {
      problems.add(down.name() + " has no lora_B beside it");
    } else if (down.shape().size() != 2
        || up.shape().size() != 2
        || !down.shape().get(0).equals(up.shape().get(1))
        || !List.of(up.shape().get(0), down.shape().get(1)).equals(weight)) {
      problems.add(
          prefix
              + " has adapter shapes "
              + down.shape()
              + " and "
              + up.shape()
              + " for a matrix of "
              + weight);
    } else if (!merged) {
      tensors.put(prefix + DOWN, down);
      tensors.put(prefix + UP, up);
      tensors.put(
          prefix + SCALE,
          new TensorInfo(prefix + SCALE, DType.F32, "F32", List.of(1L), 4, down.file()));
    }
  }

  private static String prefix(String weightName) {
    return weightName.endsWith(".weight")
        ? weightName.substring(0, weightName.length() - ".weight".length())
        : weightName;
  }

  private static float scale(ConfigNode config) {
    if (!config.text("peft_type", "LORA").equals("LORA")) {
      throw config.wrong("peft_type", "LORA");
    }
    if (config.flag("fan_in_fan_out", false)) {
      throw config.wrong("fan_in_fan_out", "false");
    }
    if (config.flag("use_dora", false)) {
      throw config.wrong("use_dora", "false");
    }
    for (String pattern : List.of("rank_pattern", "alpha_pattern")) {
      if (config.object(pattern).map(node -> !node.json().isEmpty()).orElse(false)) {
        throw config.wrong(pattern, "empty");
      }
    }
    double rank = config.integer("r");
    return (float)
        (config.number("lora_alpha", rank)
            / (config.flag("use_rslora", false) ? Math.sqrt(rank) : rank));
  }
}
