package llava4j.train.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SequencedMap;
import java.util.function.Function;
import java.util.function.Predicate;
import llava4j.checkpoint.weights.ParameterTable;
import llava4j.config.LlavaConfig;
import llava4j.model.linear.Linear;
import llava4j.train.config.LoraSettings;
import llava4j.train.config.TrainConfig;
import llava4j.train.config.TrainableParts;
import llava4j.train.model.BlockStack.BlockUnits;
import llava4j.train.shard.ParameterUnit;
import llava4j.train.shard.ParameterUnit.Placement;
import llava4j.train.shard.UnitLayout;
import org.bytedeco.pytorch.Tensor;

/// All parameters of a model in training, grouped in units that are gathered and used together.
/// Owns them.
public final class ModelUnits implements AutoCloseable {
  /// Name of the projector's unit.
  public static final String PROJECTOR = "projector";

  /// Name of the unit of the `image_newline` vector, and of its only parameter.
  public static final String NEWLINE = "image_newline";

  /// Name of the vision tower's unit; it exists only if the tower is trained.
  public static final String TOWER = "vision_tower";

  /// Name of the only parameter of unit "embedding".
  public static final String EMBEDDING = "language_model.embed_tokens.weight";

  private static final String LAYERS = "language_model.layers.";

  private final Map<String, ParameterUnit> units = new LinkedHashMap<>();
  private final List<BlockUnits> blocks = new ArrayList<>();

  /// @param initial returns the initial value of every parameter by this library's names, adapters
  ///   included
  /// @param quantised 4-bit linear layers, by prefix of their names; their matrices are in no unit
  public ModelUnits(
      LlavaConfig config,
      TrainableParts parts,
      Placement placement,
      Function<String, Tensor> initial,
      Map<String, Linear> quantised) {
    SequencedMap<String, List<Long>> shapes = ParameterTable.of(config).shapes();
    Builder builder = new Builder(shapes, placement, initial);
    if (parts.visionTower()) {
      builder.add(TOWER, true, name -> name.startsWith("vision_tower."));
    }
    builder.add(PROJECTOR, parts.projector(), name -> name.startsWith("projector."));
    if (config.hasImageNewline()) {
      builder.add(NEWLINE, parts.imageNewline(), name -> name.equals(NEWLINE));
    }
    boolean whole = parts.languageModel();
    builder.add("embedding", whole, name -> name.equals(EMBEDDING));
    for (int layer = 0; layer < config.text().numLayers(); layer++) {
      String prefix = LAYERS + layer + ".";
      Map<String, Linear> own = new LinkedHashMap<>();
      quantised.forEach((name, linear) -> {
        if (name.startsWith(prefix)) {
          own.put(name, linear);
        }
      });
      ParameterUnit base =
          builder.add(
              LAYERS + layer,
              whole,
              name -> name.startsWith(prefix) && !own.containsKey(withoutWeight(name)));
      ParameterUnit adapter =
          parts.lora() == null ? null : builder.addAdapter(layer, prefix, parts.lora());
      blocks.add(new BlockUnits(base, adapter, own));
    }
    builder.add("head", whole, name -> name.equals(LossHead.NORM) || name.equals(LossHead.HEAD));
  }

  /// The unit of this name.
  ///
  /// @throws IllegalArgumentException if the model has none
  public ParameterUnit unit(String name) {
    ParameterUnit unit = units.get(name);
    if (unit == null) {
      throw new IllegalArgumentException("no unit " + name);
    }
    return unit;
  }

  /// Whether there is a unit of this name.
  public boolean has(String name) {
    return units.containsKey(name);
  }

  List<BlockUnits> blocks() {
    return blocks;
  }

  /// All units, in a fixed order.
  public List<ParameterUnit> all() {
    return List.copyOf(units.values());
  }

  /// The units that are trained, in the same order.
  public List<ParameterUnit> trainable() {
    return units.values().stream().filter(ParameterUnit::isTrainable).toList();
  }

  /// Shapes of a block's adapters: A [rank, in] and B [out, rank] for each target.
  static SequencedMap<String, List<Long>> adapterShapes(
      SequencedMap<String, List<Long>> shapes, String prefix, LoraSettings lora) {
    SequencedMap<String, List<Long>> adapters = new LinkedHashMap<>();
    shapes.forEach((name, shape) -> {
      String layer = withoutWeight(name);
      if (name.startsWith(prefix)
          && shape.size() == 2
          && lora.targets().contains(layer.substring(layer.lastIndexOf('.') + 1))) {
        adapters.put(layer + ".lora_A.weight", List.of((long) lora.rank(), shape.get(1)));
        adapters.put(layer + ".lora_B.weight", List.of(shape.get(0), (long) lora.rank()));
      }
    });
    return adapters;
  }

  /// The learning rate of a unit after warm-up.
  public static double baseRate(TrainConfig.Optimization optimization, String unit) {
    OptionalDouble own =
        switch (unit) {
          case PROJECTOR -> optimization.projectorLearningRate();
          case TOWER -> optimization.visionTowerLearningRate();
          default -> OptionalDouble.empty();
        };
    return own.orElse(optimization.learningRate());
  }

  @Override
  public void close() {
    units.values().forEach(ParameterUnit::close);
    units.clear();
  }

  private static String withoutWeight(String name) {
    return name.endsWith(".weight") ? name.substring(0, name.length() - ".weight".length()) : name;
  }

  private final class Builder {
    private final SequencedMap<String, List<Long>> shapes;
    private final Placement placement;
    private final Function<String, Tensor> initial;

    Builder(
        SequencedMap<String, List<Long>> shapes,
        Placement placement,
        Function<String, Tensor> initial) {
      this.shapes = shapes;
      this.placement = placement;
      this.initial = initial;
    }

    ParameterUnit add(String unitName, boolean trainable, Predicate<String> belongs) {
      SequencedMap<String, List<Long>> own = new LinkedHashMap<>();
      shapes.forEach((name, shape) -> {
        if (belongs.test(name)) {
          own.put(name, shape);
        }
      });
      return put(unitName, own, trainable);
    }

    ParameterUnit addAdapter(int layer, String prefix, LoraSettings lora) {
      return put("lora." + layer, adapterShapes(shapes, prefix, lora), true);
    }

    private ParameterUnit put(
        String unitName, SequencedMap<String, List<Long>> own, boolean trainable) {
      ParameterUnit unit =
          new ParameterUnit(UnitLayout.of(unitName, own), placement, trainable, initial);
      units.put(unitName, unit);
      return unit;
    }
  }
}
