package llava4j.train.forecast;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import llava4j.checkpoint.weights.ParameterTable;
import llava4j.config.LlavaConfig;
import llava4j.tensor.DType;
import llava4j.train.config.TrainConfig;
import llava4j.train.model.ModelUnits;
import llava4j.train.model.QuantizedBase;
import llava4j.train.shard.ParameterUnit;

/// A table of the parts of a model: parameters, whether they are trained, type, learning rate.
public final class FreezeTable {
  private FreezeTable() {}

  private record Row(long parameters, boolean trainable, String type) {}

  /// The lines of the table, the header first.
  ///
  /// @param quantized the 4-bit matrices, which are not part of the units
  public static List<String> lines(
      TrainConfig config, LlavaConfig model, ModelUnits units, QuantizedBase quantized) {
    DType type = config.execution().precision().type();
    Map<String, Row> rows = new LinkedHashMap<>();
    if (!units.has(ModelUnits.TOWER)) {
      rows.put(
          ModelUnits.TOWER,
          new Row(
              ParameterTable.of(model).numParameters("vision_tower."),
              false,
              DType.F32.toString()));
    }
    for (ParameterUnit unit : units.all()) {
      String module =
          unit.layout()
              .name()
              .replaceFirst("^language_model\\.layers\\.\\d+$", "decoder blocks")
              .replaceFirst("^lora\\.\\d+$", "adapters");
      rows.merge(
          module,
          new Row(unit.layout().elements(), unit.isTrainable(), type.toString()),
          (one, other) ->
              new Row(one.parameters() + other.parameters(), one.trainable(), one.type()));
    }
    if (quantized.parameters() > 0) {
      rows.put("4-bit matrices", new Row(quantized.parameters(), false, "NF4"));
    }
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "%-16s %15s  %-9s %-5s %s",
            "module",
            "parameters",
            "trained",
            "type",
            "learning rate"));
    rows.forEach((module, row) -> {
      double rate = ModelUnits.baseRate(config.optimization(), module);
      lines.add(
          String.format(
              Locale.ROOT,
              "%-16s %,15d  %-9s %-5s %s",
              module,
              row.parameters(),
              row.trainable() ? "yes" : "frozen",
              row.type(),
              row.trainable() ? rate : "-"));
    });
    return lines;
  }
}
