package llava4j.eval;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import llava4j.eval.task.Official;
import llava4j.eval.task.Splits;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The part of a report about one benchmark.
///
/// @param lines of the report's table, the headline first
/// @param notes on the differences from the paper
/// @param own the settings that differ from those of other benchmarks
record ReportSection(
    EvalResult result,
    List<ReportLine> lines,
    List<String> notes,
    SequencedMap<String, String> own) {

  private Official official() {
    return Official.of(result.task().name());
  }

  private Optional<Splits> splits() {
    return result.score().flatMap(_ -> result.task().splits(result.answers()));
  }

  /// The values for the page's template.
  Map<String, Object> page() {
    Map<String, Object> section = new LinkedHashMap<>();
    section.put("word", result.task().name().word());
    section.put("title", result.task().name().title());
    section.put("circumstances", own.entrySet());
    Optional<Splits> splits = splits();
    section.put("splits", splits.map(ReportSection::table).orElse(null));
    List<BarChart.Bar> figures =
        result
            .score()
            .filter(_ -> splits.isEmpty())
            .map(score -> BarChart.of(result.task(), score.figures()))
            .orElse(List.of());
    section.put("hasFigures", !figures.isEmpty());
    section.put("figures", figures);
    section.put("lengths", BarChart.lengths(result.answers()));
    section.put("counts", official().counts());
    section.put("cases", CaseCards.of(result));
    section.put("hasSteps", !official().steps().isEmpty());
    section.put("steps", official().steps());
    return section;
  }

  private static Map<String, Object> table(Splits splits) {
    Map<String, Object> table = new LinkedHashMap<>();
    table.put("columns", splits.columns());
    table.put("hasOf", splits.rows().stream().anyMatch(row -> !row.of().isEmpty()));
    table.put(
        "rows",
        splits.rows().stream()
            .map(row ->
                Map.of(
                    "name",
                    row.name(),
                    "of",
                    row.of(),
                    "questions",
                    String.format(Locale.ROOT, "%,d", row.questions()),
                    "values",
                    numbers(row)))
            .toList());
    return table;
  }

  private static List<String> numbers(Splits.Row row) {
    return row.values().stream().map(value -> ReportLine.number(Optional.of(value))).toList();
  }

  void markdown(StringBuilder text) {
    text.append("\n## ").append(result.task().name().title()).append("\n\n");
    own.forEach(
        (name, value) -> text.append("- ").append(name).append(": ").append(value).append('\n'));
    text.append("- ").append(official().counts()).append('\n');
    splits().ifPresent(splits -> markdown(splits, text));
    if (!official().steps().isEmpty()) {
      text.append(
          "\nThe official score (paths start in this folder, DATA is the folder of the benchmarks' files):\n\n");
    }
    int number = 1;
    for (Official.Step step : official().steps()) {
      text.append(number++).append(". ").append(step.text()).append('\n');
      step.commands().forEach(command -> text.append("\n       ").append(command).append("\n"));
    }
  }

  private static void markdown(Splits splits, StringBuilder text) {
    text.append("\n| part | of | questions | ");
    text.append(String.join(" | ", splits.columns())).append(" |\n|---|---|---:|");
    text.append("---:|".repeat(splits.columns().size())).append('\n');
    for (Splits.Row row : splits.rows()) {
      text.append("| ").append(row.name()).append(" | ").append(row.of()).append(" | ");
      text.append(row.questions()).append(" | ").append(String.join(" | ", numbers(row)));
      text.append(" |\n");
    }
  }

  void json(ObjectNode entry) {
    JsonMapper json = new JsonMapper();
    entry.put("task", result.task().name().word());
    entry.set("settings", SettingsFile.tree(result.settings()));
    entry.put("questions", result.answers().size());
    result.judge().ifPresent(judge -> entry.put("judge", judge));
    entry.set("unjudged", json.valueToTree(result.unjudgedIds()));
    result
        .score()
        .ifPresent(score -> {
          entry.put("headline", score.name());
          entry.put("value", score.value());
          entry.set("figures", json.valueToTree(score.figures()));
        });
    ReportLine headline = lines.getFirst();
    headline
        .interval()
        .ifPresent(interval -> entry.put("low", interval.low()).put("high", interval.high()));
    headline.otherValue().ifPresent(value -> entry.put("other_value", value));
    headline.significance().ifPresent(p -> entry.put("p", p));
    splits().ifPresent(splits -> json(splits, entry.putArray("splits")));
    for (ReportLine line : lines) {
      line.published()
          .ifPresent(published ->
              entry
                  .withObjectProperty("paper")
                  .putObject(published.figure())
                  .put("7b", published.seven())
                  .put("13b", published.thirteen())
                  .put("hd", published.highDefinition()));
    }
    PaperNotes.table(result.task().name())
        .ifPresent(table -> entry.put("paper_source", PaperNotes.SOURCE + ", " + table));
    entry.set("paper_notes", json.valueToTree(notes));
    entry.set("official", json.valueToTree(official()));
  }

  private static void json(Splits splits, ArrayNode rows) {
    for (Splits.Row row : splits.rows()) {
      ObjectNode entry = rows.addObject().put("name", row.name());
      if (!row.of().isEmpty()) {
        entry.put("of", row.of());
      }
      entry.put("questions", row.questions());
      for (int column = 0; column < splits.columns().size(); column++) {
        entry.put(splits.columns().get(column), row.values().get(column));
      }
    }
  }
}
