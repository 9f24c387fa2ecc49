package llava4j.data.check;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import llava4j.data.Lengths;
import llava4j.data.SampleFault;
import llava4j.error.BadInputException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The result of a check, as text and as JSON.
///
/// @param file the checked file
/// @param maxLength maximum number of tokens of a sample, image tokens included; empty if tokens
///   were not counted
/// @param severity which problems make the file unusable
public record CheckReport(Path file, Tally tally, OptionalInt maxLength, Severity severity) {
  private static final int TEXT_BINS = 20;
  private static final int JSON_BINS = 80;
  private static final int LONGEST_ID = 40;
  private static final int WIDEST = 40;

  /// The report as text.
  public String text() {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "%s: %d samples, %d with an image, %d without, %d unreadable%n%n",
            file,
            tally.samples(),
            tally.wordsWithImage().count(),
            tally.wordsOfTextOnly().count(),
            tally.broken()));
    text.append("words of a sample     samples  shortest      mean   95 %  longest\n");
    words(text, "with an image", tally.wordsWithImage());
    words(text, "without", tally.wordsOfTextOnly());
    text.append('\n');
    rows(text);
    problems(text, "problems that harm a training run", true);
    text.append('\n');
    problems(text, "unusual, but usable without changes", false);
    return text.toString();
  }

  private static void words(StringBuilder text, String name, Lengths words) {
    text.append(
        String.format(
            Locale.ROOT,
            "  %-16s %10d %9d %9.1f %6d %8d%n",
            name,
            words.count(),
            words.min(),
            words.mean(),
            words.quantile(0.95),
            words.max()));
  }

  private void rows(StringBuilder text) {
    if (maxLength.isEmpty()) {
      text.append("tokens (text and image): not counted; choose a model with --model\n\n");
      return;
    }
    Lengths rows = tally.rows();
    text.append(
        String.format(
            Locale.ROOT,
            "tokens (text and image) of %d valid samples: median %d, 95 %% %d, longest %d%n",
            rows.count(),
            rows.quantile(0.5),
            rows.quantile(0.95),
            rows.max()));
    List<Lengths.Bin> bins = tally.rows().bins(TEXT_BINS);
    long most = Math.max(1, bins.stream().mapToLong(Lengths.Bin::count).max().orElse(1));
    for (Lengths.Bin bin : bins) {
      text.append(
          String.format(
                  Locale.ROOT,
                  "  %6d to %6d %10d  %s",
                  bin.from(),
                  bin.to(),
                  bin.count(),
                  "#".repeat(Math.toIntExact(Math.ceilDiv(WIDEST * bin.count(), most))))
              .stripTrailing());
      text.append('\n');
    }
    text.append(
        String.format(
            Locale.ROOT,
            "truncated to %d tokens: %d; no supervised token left: %d%n%n",
            maxLength.getAsInt(),
            tally.count(Problem.CUT_OFF),
            tally.count(Problem.NOTHING_SUPERVISED)));
  }

  private void problems(StringBuilder text, String title, boolean hurting) {
    List<Problem> found =
        tally.kinds().keySet().stream().filter(problem -> problem.hurts() == hurting).toList();
    text.append(title).append(found.isEmpty() ? ": none\n" : ":\n");
    for (Problem problem : found) {
      Tally.Kind kind = tally.kinds().get(problem);
      List<String> ids = kind.first().stream().map(CheckReport::place).toList();
      text.append(
          String.format(
              Locale.ROOT,
              "  %8d  %s: %s%s%n",
              kind.count(),
              problem.title(),
              String.join(", ", ids),
              kind.count() > ids.size() ? ", ..." : ""));
      String detail = kind.first().getFirst().detail();
      if (!detail.isEmpty()) {
        text.append(" ".repeat(12)).append("the first: ").append(printable(detail)).append('\n');
      }
    }
  }

  private static String place(Finding finding) {
    String id = printable(finding.id());
    String brief = id.length() > LONGEST_ID ? id.substring(0, LONGEST_ID) + "..." : id;
    return finding.number() == SampleFault.BETWEEN
        ? brief
        : "'" + brief + "' (" + finding.number() + ")";
  }

  /// Replaces control characters, because texts of a file must not move the terminal's cursor.
  private static String printable(String text) {
    return text.replaceAll("\\p{Cntrl}+", " ");
  }

  /// Writes `check.txt` and `check.json`.
  ///
  /// @throws BadInputException if they cannot be written
  public void write(Path folder) {
    try {
      Files.createDirectories(folder);
      Files.writeString(folder.resolve("check.txt"), text());
      Files.writeString(
          folder.resolve("check.json"),
          new JsonMapper().writerWithDefaultPrettyPrinter().writeValueAsString(json()) + "\n");
    } catch (IOException e) {
      throw new BadInputException(folder + " cannot be written: " + e.getMessage(), e);
    }
  }

  private ObjectNode json() {
    ObjectNode json = new JsonMapper().createObjectNode();
    json.put("file", file.toString());
    json.put("samples", tally.samples());
    json.put("unreadable", tally.broken());
    lengths(json.putObject("words_with_picture"), tally.wordsWithImage());
    lengths(json.putObject("words_without"), tally.wordsOfTextOnly());
    if (maxLength.isPresent()) {
      ObjectNode rows = json.putObject("rows");
      lengths(rows, tally.rows());
      rows.put("max_length", maxLength.getAsInt());
      rows.put("cut_off", tally.count(Problem.CUT_OFF));
      rows.put("nothing_supervised", tally.count(Problem.NOTHING_SUPERVISED));
      ArrayNode bins = rows.putArray("histogram");
      tally
          .rows()
          .bins(JSON_BINS)
          .forEach(bin ->
              bins.addObject()
                  .put("from", bin.from())
                  .put("to", bin.to())
                  .put("count", bin.count()));
    }
    json.put("usable", !tally.found(severity));
    ArrayNode problems = json.putArray("problems");
    tally
        .kinds()
        .forEach((problem, kind) -> {
          ObjectNode entry = problems.addObject();
          entry.put("kind", ProblemLog.key(problem));
          entry.put("hurts", problem.hurts());
          entry.put("what", problem.title());
          entry.put("count", kind.count());
          ArrayNode first = entry.putArray("first");
          kind.first()
              .forEach(finding ->
                  first
                      .addObject()
                      .put("sample", finding.number())
                      .put("id", finding.id())
                      .put("detail", finding.detail()));
        });
    return json;
  }

  private static void lengths(ObjectNode json, Lengths lengths) {
    json.put("count", lengths.count());
    json.put("shortest", lengths.min());
    json.put("mean", lengths.mean());
    json.put("median", lengths.quantile(0.5));
    json.put("p95", lengths.quantile(0.95));
    json.put("longest", lengths.max());
  }
}
