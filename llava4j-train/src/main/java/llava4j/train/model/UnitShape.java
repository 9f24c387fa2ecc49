package llava4j.train.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.Predicate;
import llava4j.checkpoint.weights.ParameterTable;
import llava4j.config.LlavaConfig;
import llava4j.train.config.LoraSettings;
import llava4j.train.config.TrainConfig;
import llava4j.train.config.TrainableParts;
import llava4j.train.shard.UnitLayout;

/// What a unit of parameters will contain, without any memory for it.
///
/// @param layout names and shapes of its parameters
/// @param trainable whether the run trains it
public record UnitShape(UnitLayout layout, boolean trainable) {
  private static final String LAYERS = "language_model.layers.";
  private static final String ADAPTERS = "lora.";

  /// The units of a run, in the order in which [ModelUnits] has them.
  ///
  /// @param parts what is trained
  /// @param quantised whether a matrix, by its parameter name, is kept in 4 bits and so in no unit
  public static List<UnitShape> of(
      LlavaConfig config, TrainableParts parts, Predicate<String> quantised) {
    SequencedMap<String, List<Long>> shapes = ParameterTable.of(config).shapes();
    List<UnitShape> units = new ArrayList<>();
    if (parts.visionTower()) {
      units.add(
          chosen(ModelUnits.TOWER, shapes, true, name -> name.startsWith(ModelUnits.TOWER + ".")));
    }
    units.add(
        chosen(
            ModelUnits.PROJECTOR,
            shapes,
            parts.projector(),
            name -> name.startsWith(ModelUnits.PROJECTOR + ".")));
    if (config.hasImageNewline()) {
      units.add(
          chosen(
              ModelUnits.NEWLINE,
              shapes,
              parts.imageNewline(),
              name -> name.equals(ModelUnits.NEWLINE)));
    }
    boolean whole = parts.languageModel();
    units.add(chosen("embedding", shapes, whole, name -> name.equals(ModelUnits.EMBEDDING)));
    for (int layer = 0; layer < config.text().numLayers(); layer++) {
      String prefix = block(layer) + ".";
      units.add(
          chosen(
              block(layer),
              shapes,
              whole,
              name -> name.startsWith(prefix) && !quantised.test(name)));
      if (parts.lora() != null) {
        units.add(
            new UnitShape(
                UnitLayout.of(adapter(layer), adapterShapes(shapes, prefix, parts.lora())), true));
      }
    }
    units.add(
        chosen(
            "head",
            shapes,
            whole,
            name -> name.equals(LossHead.NORM) || name.equals(LossHead.HEAD)));
    return List.copyOf(units);
  }

  /// The units of a run with these settings.
  public static List<UnitShape> of(LlavaConfig config, TrainConfig run) {
    SequencedMap<String, List<Long>> shapes = ParameterTable.of(config).shapes();
    return of(
        config,
        run.parts(),
        name -> run.quantizeBase() && QuantizedBase.holds(name, shapes.get(name)));
  }

  /// The unit's name.
  public String name() {
    return layout.name();
  }

  /// Number of its parameters.
  public long elements() {
    return layout.elements();
  }

  /// The name of a decoder block's unit.
  static String block(int layer) {
    return LAYERS + layer;
  }

  /// The name of the unit of a decoder block's adapters.
  static String adapter(int layer) {
    return ADAPTERS + layer;
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

  static String withoutWeight(String name) {
    return name.endsWith(".weight") ? name.substring(0, name.length() - ".weight".length()) : name;
  }

  private static UnitShape chosen(
      String unit,
      SequencedMap<String, List<Long>> shapes,
      boolean trainable,
      Predicate<String> belongs) {
    SequencedMap<String, List<Long>> own = new LinkedHashMap<>();
    shapes.forEach((name, shape) -> {
      if (belongs.test(name)) {
        own.put(name, shape);
      }
    });
    return new UnitShape(UnitLayout.of(unit, own), trainable);
  }
}
