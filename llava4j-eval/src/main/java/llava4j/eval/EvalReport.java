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

/// The report of an evaluation, for people (one HTML file, Markdown) and for programs (JSON): the
/// paper's table beside ours with notes on the differences, parts of the benchmarks, examples with
/// the right answers, the way to the official score, and all settings that can change a score.
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
    List<String> notes = new ArrayList<>();
    List<ReportSection> sections = sections(notes);
    try {
      Files.createDirectories(folder);
      Files.writeString(page, page(sections, notes));
      Files.writeString(folder.resolve("report.md"), markdown(sections, notes));
      ArrayNode json = new JsonMapper().createArrayNode();
      sections.forEach(section -> section.json(json.addObject()));
      Files.writeString(
          folder.resolve("report.json"),
          new JsonMapper().writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n");
      return page;
    } catch (IOException e) {
      throw new BadInputException(folder + " cannot be written: " + e.getMessage(), e);
    }
  }

  /// One per result.
  ///
  /// @param notes receives the notes of all, each once
  private List<ReportSection> sections(List<String> notes) {
    Bootstrap bootstrap = new Bootstrap(DRAWS);
    SequencedMap<String, String> common = common();
    List<ReportSection> sections = new ArrayList<>();
    for (EvalResult result : results) {
      List<String> own = PaperNotes.of(result);
      own.stream().filter(words -> !notes.contains(words)).forEach(notes::add);
      List<Integer> numbers = own.stream().map(words -> notes.indexOf(words) + 1).sorted().toList();
      SequencedMap<String, String> settings = result.circumstances();
      settings.entrySet().removeAll(common.entrySet());
      sections.add(
          new ReportSection(
              result, ReportLine.of(result, other(result), bootstrap, numbers), own, settings));
    }
    return sections;
  }

  /// Whether a benchmark of this report is in the paper.
  private boolean isInThePaper() {
    return results.stream().anyMatch(one -> PaperNotes.table(one.task().name()).isPresent());
  }

  private Optional<EvalResult> other(EvalResult result) {
    return against.stream()
        .filter(there -> there.task().name() == result.task().name())
        .findFirst();
  }

  private static List<ReportLine> lines(List<ReportSection> sections) {
    return sections.stream().flatMap(section -> section.lines().stream()).toList();
  }

  private String page(List<ReportSection> sections, List<String> notes) throws IOException {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("model", model(results));
    values.put("other", against.isEmpty() ? null : model(against));
    values.put("note", note.orElse(null));
    values.put("draws", DRAWS);
    values.put("source", isInThePaper() ? PaperNotes.SOURCE : null);
    values.put("notes", notes);
    values.put("common", common().entrySet());
    values.put("lines", lines(sections));
    values.put("tasks", sections.stream().map(ReportSection::page).toList());
    try (Reader reader =
        new InputStreamReader(EvalReport.class.getResourceAsStream(PAGE), StandardCharsets.UTF_8)) {
      return Mustache.compiler()
          .nullValue("")
          .emptyStringIsFalse(true)
          .compile(reader)
          .execute(values);
    }
  }

  /// The settings that are the same for all benchmarks.
  private SequencedMap<String, String> common() {
    SequencedMap<String, String> common = new LinkedHashMap<>(results.getFirst().circumstances());
    results.forEach(result -> common.entrySet().retainAll(result.circumstances().entrySet()));
    return common;
  }

  private String markdown(List<ReportSection> sections, List<String> notes) {
    StringBuilder text = new StringBuilder("# Evaluation of " + model(results) + "\n\n");
    note.ifPresent(words -> text.append(words).append("\n\n"));
    List<String> columns = new ArrayList<>(List.of("benchmark", "figure", "score", "95 %"));
    if (!against.isEmpty()) {
      columns.addAll(List.of(model(against), "p"));
    }
    columns.addAll(List.of("paper 7B", "paper 13B", "paper 13B HD", "in the paper", "notes"));
    row(text, columns);
    row(
        text,
        columns.stream().map(column -> columns.indexOf(column) < 2 ? "---" : "---:").toList());
    for (ReportLine line : lines(sections)) {
      List<String> cells =
          new ArrayList<>(List.of(line.title(), line.figure(), line.score(), line.range()));
      if (!against.isEmpty()) {
        cells.addAll(List.of(line.there(), line.p()));
      }
      cells.addAll(
          List.of(line.paper7b(), line.paper13b(), line.paperHd(), line.table(), line.marks()));
      row(text, cells);
    }
    text.append(isInThePaper() ? "\nPaper: " + PaperNotes.SOURCE + ".\n\n" : "\n");
    for (int i = 0; i < notes.size(); i++) {
      text.append(i + 1).append(". ").append(notes.get(i)).append('\n');
    }
    text.append(notes.isEmpty() ? "" : "\n");
    common()
        .forEach((name, value) ->
            text.append("- ").append(name).append(": ").append(value).append('\n'));
    sections.forEach(section -> section.markdown(text));
    return text.toString();
  }

  private static void row(StringBuilder text, List<String> cells) {
    text.append("| ").append(String.join(" | ", cells)).append(" |\n");
  }

  private static String model(List<EvalResult> results) {
    return results.getFirst().settings().asked().model();
  }
}
