package llava4j.eval;

import com.samskivert.mustache.Mustache;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import llava4j.error.BadInputException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The report of an evaluation, for people (one HTML file, Markdown) and for programs (JSON), with
/// all settings that can change a score.
///
/// @param results the results of one model
/// @param against the results of another model, which may have other benchmarks; may be empty
/// @param note a note at the beginning of the report
public record EvalReport(
    List<EvalResult> results, List<EvalResult> against, Optional<String> note) {
  private static final int DRAWS = 1000;
  private static final String PAGE = "report.html.mustache";

  public EvalReport {
    if (results.isEmpty()) {
      throw new BadInputException("there is nothing to report; name a benchmark");
    }
    results = List.copyOf(results);
    against = List.copyOf(against);
  }

  /// Writes `report.html`, `report.md` and `report.json`.
  ///
  /// @return the page
  public Path write(Path folder) {
    Path page = folder.resolve("report.html");
    Bootstrap bootstrap = new Bootstrap(DRAWS);
    List<List<ReportLine>> lines =
        results.stream().map(result -> ReportLine.of(result, other(result), bootstrap)).toList();
    List<ReportLine> all = lines.stream().flatMap(List::stream).toList();
    try {
      Files.createDirectories(folder);
      Files.writeString(page, page(all));
      Files.writeString(folder.resolve("report.md"), markdown(all));
      Files.writeString(
          folder.resolve("report.json"),
          new JsonMapper().writerWithDefaultPrettyPrinter().writeValueAsString(json(lines)) + "\n");
      return page;
    } catch (IOException e) {
      throw new BadInputException(folder + " cannot be written: " + e.getMessage(), e);
    }
  }

  private Optional<EvalResult> other(EvalResult result) {
    return against.stream()
        .filter(there -> there.task().name() == result.task().name())
        .findFirst();
  }

  private String page(List<ReportLine> lines) throws IOException {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("model", model(results));
    values.put("other", against.isEmpty() ? null : model(against));
    values.put("note", note.orElse(null));
    values.put("draws", DRAWS);
    values.put("common", common().entrySet());
    values.put("lines", lines);
    values.put("tasks", results.stream().map(this::section).toList());
    try (Reader reader =
        new InputStreamReader(EvalReport.class.getResourceAsStream(PAGE), StandardCharsets.UTF_8)) {
      return Mustache.compiler().nullValue("").compile(reader).execute(values);
    }
  }

  /// The settings that are the same for all benchmarks.
  private SequencedMap<String, String> common() {
    SequencedMap<String, String> common = new LinkedHashMap<>(results.getFirst().circumstances());
    results.forEach(result -> common.entrySet().retainAll(result.circumstances().entrySet()));
    return common;
  }

  /// The settings of one benchmark that differ from those of others.
  private SequencedMap<String, String> own(EvalResult result) {
    SequencedMap<String, String> own = result.circumstances();
    own.entrySet().removeAll(common().entrySet());
    return own;
  }

  private Map<String, Object> section(EvalResult result) {
    Map<String, Object> section = new LinkedHashMap<>();
    section.put("word", result.task().name().word());
    section.put("title", result.task().name().title());
    section.put("circumstances", own(result).entrySet());
    List<BarChart.Bar> figures =
        result.score().map(score -> BarChart.of(result.task(), score.figures())).orElse(List.of());
    section.put("hasFigures", !figures.isEmpty());
    section.put("figures", figures);
    section.put("lengths", BarChart.lengths(result.answers()));
    List<Map<String, Object>> cases = CaseCards.of(result);
    section.put("hasCases", !cases.isEmpty());
    section.put("cases", cases);
    return section;
  }

  private String markdown(List<ReportLine> lines) {
    StringBuilder text = new StringBuilder("# Evaluation of " + model(results) + "\n\n");
    note.ifPresent(words -> text.append(words).append("\n\n"));
    List<String> columns = new ArrayList<>(List.of("benchmark", "figure", "score", "95 %"));
    if (!against.isEmpty()) {
      columns.addAll(List.of(model(against), "p"));
    }
    columns.addAll(List.of("paper 7B", "paper 13B", "paper HD"));
    row(text, columns);
    row(
        text,
        columns.stream().map(column -> columns.indexOf(column) < 2 ? "---" : "---:").toList());
    for (ReportLine line : lines) {
      List<String> cells =
          new ArrayList<>(List.of(line.title(), line.figure(), line.score(), line.range()));
      if (!against.isEmpty()) {
        cells.addAll(List.of(line.there(), line.p()));
      }
      cells.addAll(List.of(line.paper7b(), line.paper13b(), line.paperHd()));
      row(text, cells);
    }
    text.append('\n');
    items(text, common());
    for (EvalResult result : results) {
      text.append("\n## ").append(result.task().name().title()).append("\n\n");
      items(text, own(result));
    }
    return text.toString();
  }

  private static void items(StringBuilder text, Map<String, String> values) {
    values.forEach(
        (name, value) -> text.append("- ").append(name).append(": ").append(value).append('\n'));
  }

  private static void row(StringBuilder text, List<String> cells) {
    text.append("| ").append(String.join(" | ", cells)).append(" |\n");
  }

  /// @param lines of each result
  private ArrayNode json(List<List<ReportLine>> lines) {
    ArrayNode all = new JsonMapper().createArrayNode();
    for (int i = 0; i < results.size(); i++) {
      describe(results.get(i), lines.get(i), all.addObject());
    }
    return all;
  }

  private static void describe(EvalResult result, List<ReportLine> lines, ObjectNode entry) {
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
  }

  private static String model(List<EvalResult> results) {
    return results.getFirst().settings().asked().model();
  }
}
