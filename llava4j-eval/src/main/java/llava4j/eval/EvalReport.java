package llava4j.eval;

import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.Template;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import llava4j.error.BadInputException;
import llava4j.eval.task.Score;
import llava4j.eval.task.TaskName;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// What a model scored, for people (HTML in one file, Markdown) and programs (JSON), with
/// everything beside it that can change a score.
///
/// @param results of one model
/// @param against of another model, which need not have the same benchmarks; null where there is
///   none
public record EvalReport(List<EvalResult> results, List<EvalResult> against) {
  private static final int DRAWS = 1000;
  private static final String PAGE = "report.html.mustache";

  public EvalReport {
    if (results.isEmpty()) {
      throw new BadInputException("there is nothing to report; name a benchmark");
    }
    results = List.copyOf(results);
    against = against == null ? List.of() : List.copyOf(against);
  }

  /// Of one model alone.
  public EvalReport(List<EvalResult> results) {
    this(results, List.of());
  }

  /// Writes `report.html`, `report.md` and `report.json`.
  ///
  /// @return the page
  public Path write(Path folder) {
    Path page = folder.resolve("report.html");
    List<Map<String, Object>> rows = results.stream().map(this::row).toList();
    try {
      Files.createDirectories(folder);
      Files.writeString(page, page(rows));
      Files.writeString(folder.resolve("report.md"), markdown(rows));
      Files.writeString(
          folder.resolve("report.json"),
          new JsonMapper().writerWithDefaultPrettyPrinter().writeValueAsString(json()) + "\n");
      return page;
    } catch (IOException e) {
      throw new BadInputException(folder + " cannot be written: " + e.getMessage(), e);
    }
  }

  private String page(List<Map<String, Object>> rows) throws IOException {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("model", model(results));
    values.put("other", against.isEmpty() ? null : model(against));
    values.put("draws", DRAWS);
    List<Map<String, Object>> sections = new ArrayList<>();
    for (int i = 0; i < results.size(); i++) {
      sections.add(section(results.get(i), rows.get(i)));
    }
    values.put("tasks", sections);
    try (Reader reader =
        new InputStreamReader(EvalReport.class.getResourceAsStream(PAGE), StandardCharsets.UTF_8)) {
      Template template = Mustache.compiler().nullValue("").compile(reader);
      return template.execute(values);
    }
  }

  private static Map<String, Object> section(EvalResult result, Map<String, Object> row) {
    Map<String, Object> section = new LinkedHashMap<>(row);
    section.put("word", result.task().name().word());
    section.put(
        "settings",
        result.settings().lines().entrySet().stream()
            .map(entry -> Map.of("name", entry.getKey(), "value", entry.getValue()))
            .toList());
    List<Map<String, Object>> figures =
        result
            .score()
            .map(score -> Bars.of(score.figures(), value -> number(value)))
            .orElse(List.of());
    section.put("hasFigures", !figures.isEmpty());
    section.put("figures", figures);
    section.put("lengths", Bars.lengths(result.answers()));
    List<Map<String, Object>> cases = Cases.of(result);
    section.put("hasCases", !cases.isEmpty());
    section.put("cases", cases);
    return section;
  }

  /// The figures of a benchmark's line in the table.
  private Map<String, Object> row(EvalResult result) {
    TaskName name = result.task().name();
    Optional<Score> score = result.score();
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("title", name.title());
    row.put("figure", score.map(Score::name).orElse("by server or judge"));
    row.put("value", score.map(found -> number(found.value())).orElse("-"));
    row.put("interval", score.map(EvalReport::interval).orElse("-"));
    Optional<EvalResult> other =
        against.stream().filter(there -> there.task().name() == name).findFirst();
    Optional<Score> otherScore = other.flatMap(EvalResult::score);
    row.put("otherValue", otherScore.map(found -> number(found.value())).orElse("-"));
    row.put("significance", significance(score, otherScore));
    row.put("paper7b", number(name.paper7b()));
    row.put("paper13b", number(name.paper13b()));
    row.put("paperHd", number(name.paperHd()));
    return row;
  }

  /// Of the mean of points, which is the headline only where that is a mean of points.
  private static String interval(Score score) {
    if (score.points().isEmpty()) {
      return "-";
    }
    Bootstrap.Interval interval = new Bootstrap(DRAWS).interval(score.points());
    return number(100 * interval.low()) + " to " + number(100 * interval.high());
  }

  private static String significance(Optional<Score> one, Optional<Score> other) {
    if (one.isEmpty()
        || other.isEmpty()
        || one.get().points().isEmpty()
        || one.get().points().size() != other.get().points().size()) {
      return "-";
    }
    return String.format(
        Locale.ROOT,
        "%.3f",
        new Bootstrap(DRAWS).pairedSignificance(one.get().points(), other.get().points()));
  }

  private String markdown(List<Map<String, Object>> rows) {
    StringBuilder text = new StringBuilder("# Evaluation of " + model(results) + "\n\n");
    text.append("| benchmark | figure | score | 95 % | paper 7B | paper 13B | paper HD |\n");
    text.append("|---|---|---:|---:|---:|---:|---:|\n");
    for (Map<String, Object> row : rows) {
      List<String> cells = new ArrayList<>();
      for (String column :
          List.of("title", "figure", "value", "interval", "paper7b", "paper13b", "paperHd")) {
        cells.add(String.valueOf(row.get(column)));
      }
      text.append("| ").append(String.join(" | ", cells)).append(" |\n");
    }
    for (EvalResult result : results) {
      text.append("\n## ").append(result.task().name().title()).append("\n\n");
      result
          .settings()
          .lines()
          .forEach((name, value) ->
              text.append("- ").append(name).append(": ").append(value).append('\n'));
    }
    return text.toString();
  }

  private ArrayNode json() {
    JsonMapper json = new JsonMapper();
    ArrayNode all = json.createArrayNode();
    for (EvalResult result : results) {
      ObjectNode entry = all.addObject();
      entry.put("task", result.task().name().word());
      entry.set("settings", json.valueToTree(result.settings()));
      entry.put("questions", result.answers().size());
      result
          .score()
          .ifPresent(score -> {
            entry.put("headline", score.name());
            entry.put("value", score.value());
            entry.set("figures", json.valueToTree(score.figures()));
          });
      entry.put("paper_7b", result.task().name().paper7b());
      entry.put("paper_13b", result.task().name().paper13b());
      entry.put("paper_hd", result.task().name().paperHd());
    }
    return all;
  }

  private static String model(List<EvalResult> results) {
    return results.getFirst().settings().model();
  }

  private static String number(double value) {
    return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%.1f", value);
  }
}
