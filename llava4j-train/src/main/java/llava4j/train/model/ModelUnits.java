package llava4j.train.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Function;
import llava4j.config.LlavaConfig;
import llava4j.model.linear.Linear;
import llava4j.train.config.TrainConfig;
import llava4j.train.config.TrainableParts;
import llava4j.train.model.BlockStack.BlockUnits;
import llava4j.train.shard.ParameterUnit;
import llava4j.train.shard.ParameterUnit.Placement;
import llava4j.train.shard.Reductions;
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

  private final Map<String, ParameterUnit> units = new LinkedHashMap<>();
  private final List<BlockUnits> blocks = new ArrayList<>();
  private final Reductions reductions;

  /// @param initial returns the initial value of every parameter by this library's names, adapters
  ///   included
  /// @param quantised 4-bit linear layers, by prefix of their names; their matrices are in no unit
  public ModelUnits(
      LlavaConfig config,
      TrainableParts parts,
      Placement placement,
      Function<String, Tensor> initial,
      Map<String, Linear> quantised) {
    this.reductions = placement.reductions();
    for (UnitShape shape :
        UnitShape.of(config, parts, name -> quantised.containsKey(UnitShape.withoutWeight(name)))) {
      units.put(
          shape.name(), new ParameterUnit(shape.layout(), placement, shape.trainable(), initial));
    }
    for (int layer = 0; layer < config.text().numLayers(); layer++) {
      String prefix = UnitShape.block(layer) + ".";
      Map<String, Linear> own = new LinkedHashMap<>();
      quantised.forEach((name, linear) -> {
        if (name.startsWith(prefix)) {
          own.put(name, linear);
        }
      });
      blocks.add(
          new BlockUnits(
              units.get(UnitShape.block(layer)), units.get(UnitShape.adapter(layer)), own));
    }
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

  /// The sums of gradients over the processes that are under way, of all units.
  public Reductions reductions() {
    return reductions;
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
    reductions.close();
    units.values().forEach(ParameterUnit::close);
    units.clear();
  }
}
