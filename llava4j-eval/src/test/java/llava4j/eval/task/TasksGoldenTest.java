package llava4j.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import llava4j.eval.AnswerFile;
import llava4j.eval.metric.PairedYesNo;
import llava4j.eval.metric.SoftAccuracy;
import llava4j.eval.metric.VqaNormalizer;
import llava4j.eval.metric.YesNoCounts;
import llava4j.golden.Golden;
import org.dhatim.fastexcel.reader.Cell;
import org.dhatim.fastexcel.reader.CellType;
import org.dhatim.fastexcel.reader.ReadableWorkbook;
import org.dhatim.fastexcel.reader.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Scores and submission files of the official programs.
class TasksGoldenTest {
  private static final double EXACT = 1e-9; // of figures up to 2000, 1e-12 relative

  @TempDir Path folder;

  @Test
  void popeEqualsTheOriginal() {
    PopeTask task = new PopeTask(path("pope/questions.jsonl"), path("pope/coco"), folder);
    List<Double> points = new ArrayList<>();
    Map<PopeTask.Split, YesNoCounts> counts = task.counts(answers("pope/answers.jsonl"), points);
    JsonNode expected = json("pope/expected.json");
    assertThat(counts).hasSize(expected.size());
    counts.forEach((split, found) -> {
      JsonNode wanted = expected.path(split.name().toLowerCase(Locale.ROOT));
      assertThat(found.total()).isEqualTo(wanted.path("samples").asLong());
      assertThat(found)
          .isEqualTo(
              new YesNoCounts(
                  wanted.path("TP").asLong(),
                  wanted.path("FP").asLong(),
                  wanted.path("TN").asLong(),
                  wanted.path("FN").asLong()));
      close(found.accuracy(), wanted.path("Accuracy"));
      close(found.precision(), wanted.path("Precision"));
      close(found.recall(), wanted.path("Recall"));
      close(found.f1(), wanted.path("F1 score"));
      close(found.yesRatio(), wanted.path("Yes ratio"));
    });
    assertThat(points).hasSize((int) counts.values().stream().mapToLong(YesNoCounts::total).sum());
  }

  @Test
  void textVqaEqualsTheOriginal() {
    List<Answer> answers = answers("textvqa/answers.jsonl");
    SoftAccuracy accuracy = new SoftAccuracy(new VqaNormalizer());
    List<Double> points = TextVqaTask.points(path("textvqa/annotations.json"), accuracy, answers);
    JsonNode expected = json("textvqa/expected.json");
    JsonNode perSample = expected.path("per_sample");
    assertThat(points).hasSize(perSample.size());
    for (int i = 0; i < points.size(); i++) {
      assertThat(TextVqaTask.question(answers.get(i).prompt()))
          .isEqualTo(perSample.path(i).path("question").asString());
      assertThat(points.get(i))
          .as("sample " + i)
          .isEqualTo(perSample.path(i).path("score").asDouble());
    }
    double value = 100 * points.stream().mapToDouble(Double::doubleValue).sum() / points.size();
    assertThat(expected.path("printed").asString())
        .contains(String.format(Locale.ROOT, "Accuracy: %.2f%%", value));
  }

  @Test
  void mmeEqualsTheOriginal() {
    List<MmeTask.Row> rows = new ArrayList<>();
    for (JsonNode line : lines("mme/answers.jsonl")) {
      rows.add(
          new MmeTask.Row(
              line.path("task").asString(),
              line.path("image").asString(),
              line.path("question").asString(),
              line.path("answer").asString(),
              line.path("prediction").asString()));
    }
    JsonNode expected = json("mme/expected.json");
    SequencedMap<String, PairedYesNo> tasks = MmeTask.tasks(rows);
    assertThat(tasks).hasSize(expected.path("tasks").size());
    tasks.forEach((task, score) -> {
      JsonNode wanted = expected.path("tasks").path(task);
      close(score.accuracy(), wanted.path("acc"));
      close(score.accuracyPlus(), wanted.path("acc_plus"));
      close(score.score(), wanted.path("score"));
    });
    close(MmeTask.sum(tasks, MmeTask.PERCEPTION), expected.path("perception"));
    close(MmeTask.sum(tasks, MmeTask.COGNITION), expected.path("cognition"));
    for (int i = 0; i < rows.size(); i++) {
      assertThat(PairedYesNo.read(rows.get(i).answer()).name().toLowerCase(Locale.ROOT))
          .isEqualTo(expected.path("parsed").path(i).asString());
    }
  }

  @Test
  void scienceQaEqualsTheOriginal() {
    ScienceQaTask.Outcome outcome =
        ScienceQaTask.outcome(
            path("scienceqa/problems.json"),
            path("scienceqa/pid_splits.json"),
            answers("scienceqa/answers.jsonl"));
    JsonNode expected = json("scienceqa/expected.json");
    assertThat(outcome.correct()).isEqualTo(expected.path("correct").asInt());
    assertThat(outcome.count()).isEqualTo(expected.path("count").asInt());
    assertThat(outcome.imageCorrect()).isEqualTo(expected.path("image_correct").asInt());
    assertThat(outcome.imageCount()).isEqualTo(expected.path("image_count").asInt());
    close(outcome.accuracy(), expected.path("acc"));
    expected
        .path("parsed")
        .properties()
        .forEach(entry ->
            assertThat(outcome.parsed().get(entry.getKey()))
                .as(entry.getKey())
                .isEqualTo(entry.getValue().asString()));
    expected
        .path("pred_idx")
        .properties()
        .forEach(entry ->
            assertThat(outcome.index().get(entry.getKey()))
                .as(entry.getKey())
                .isEqualTo(entry.getValue().asInt()));
  }

  @Test
  void scienceQaSamplesEqualTheOriginals() {
    List<String> ids = new ArrayList<>();
    json("scienceqa/pid_splits.json").path("test").forEach(id -> ids.add(id.asString()));
    JsonNode expected = json("scienceqa/converted.json");
    assertThat(expected.size()).isEqualTo(ScienceQaSamples.Format.values().length);
    for (ScienceQaSamples.Format format : ScienceQaSamples.Format.values()) {
      JsonNode wanted = expected.path(format.word());
      assertThat(
              (JsonNode)
                  new ScienceQaSamples(format)
                      .convert(json("scienceqa/problems.json"), ids.subList(0, wanted.size())))
          .as(format.word())
          .isEqualTo(wanted);
    }
  }

  @Test
  void gqaEqualsTheOriginal() {
    List<Answer> answers = answers("gqa/answers.jsonl");
    JsonNode expected = json("gqa/expected.json");
    assertThat((JsonNode) GqaTask.predictions(answers)).isEqualTo(expected.path("converted"));
    Map<String, Double> figures =
        GqaTask.figures(path("gqa/questions.json"), answers, new ArrayList<>());
    JsonNode scores = expected.path("scores");
    for (String figure : List.of("accuracy", "binary", "open")) {
      close(figures.get(figure), scores.path(figure));
    }
    for (String kind : List.of("structural", "semantic")) {
      scores
          .path(kind)
          .properties()
          .forEach(entry -> close(figures.get(kind + " " + entry.getKey()), entry.getValue()));
    }
  }

  @Test
  void uploadsOfVizWizVqav2AndMmVetEqualTheOriginals() {
    VizWizTask vizWiz = new VizWizTask(path("vizwiz/questions.jsonl"), folder);
    assertThat((JsonNode) vizWiz.upload(answers("vizwiz/answers.jsonl")))
        .isEqualTo(json("vizwiz/expected.json"));
    Path whole = path("vqav2/llava_vqav2_mscoco_test2015.jsonl");
    Vqav2Task vqav2 = new Vqav2Task(whole, whole, folder.resolve("none"), folder);
    assertThat(
            (JsonNode)
                vqav2.upload(
                    whole,
                    answers("vqav2/answers/llava_vqav2_mscoco_test-dev2015/ckpt/merge.jsonl")))
        .isEqualTo(json("vqav2/expected.json"));
    assertThat((JsonNode) MmVetTask.upload(answers("mmvet/answers.jsonl")))
        .isEqualTo(json("mmvet/expected.json"));
  }

  @Test
  void seedEqualsTheOriginal() {
    List<Answer> answers = answers("seed/answers.jsonl");
    SeedTask.Outcome outcome = SeedTask.outcome(path("seed/SEED-Bench.json"), answers);
    JsonNode expected = json("seed/expected.json");
    StringBuilder printed = new StringBuilder();
    outcome
        .byType()
        .forEach((type, share) ->
            printed.append(String.format(Locale.ROOT, "%s: %.2f%%\n", type, share.percent())));
    printed.append(
        String.format(
            Locale.ROOT,
            "Total accuracy: %.2f%%\nimage accuracy: %.2f%%\nvideo accuracy: %.2f%%\n",
            outcome.total().percent(),
            outcome.image().percent(),
            outcome.video().percent()));
    assertThat(printed.toString()).isEqualTo(expected.path("printed").asString());
    close(outcome.total().percent(), expected.path("total"));
    assertThat(new JsonMapper().<JsonNode>valueToTree(SeedTask.upload(answers)))
        .isEqualTo(expected.path("upload"));
  }

  @Test
  void llavaBenchEqualsTheOriginal() {
    List<LlavaBenchTask.Review> reviews = new ArrayList<>();
    for (JsonNode line : lines("llavabench/review.jsonl")) {
      reviews.add(
          new LlavaBenchTask.Review(
              line.path("category").asString(),
              new LlavaBenchTask.Scores(
                  line.path("tuple").path(0).asDouble(), line.path("tuple").path(1).asDouble())));
    }
    StringBuilder printed = new StringBuilder("review\n");
    LlavaBenchTask.summary(reviews).forEach(line -> printed.append(line).append('\n'));
    assertThat(printed + "=================================\n")
        .isEqualTo(json("llavabench/expected.json").path("printed").asString());
  }

  @Test
  void mmBenchCircularEvalEqualsItsDefinition() {
    List<MmBenchTask.Row> rows = new ArrayList<>();
    for (JsonNode question : json("mmbench/circular_questions.json")) {
      List<String> options = new ArrayList<>();
      for (String letter : List.of("A", "B", "C", "D")) {
        options.add(question.path(letter).asStringOpt().orElse(null));
      }
      rows.add(
          new MmBenchTask.Row(
              question.path("index").asLong(),
              options,
              question.path("answer").asString(),
              question.path("category").asString(),
              question.path("l2-category").asString()));
    }
    Map<Long, String> choices =
        MmBenchTask.choices(rows, answers("mmbench/circular_answers.jsonl"));
    JsonNode expected = json("mmbench/expected_circular.json");
    expected
        .path("choice")
        .properties()
        .forEach(entry ->
            assertThat(choices.get(Long.parseLong(entry.getKey())))
                .as(entry.getKey())
                .isEqualTo(entry.getValue().asStringOpt().orElse(null)));
    check(MmBenchTask.accuracy(rows, choices), expected);
    Map<String, List<MmBenchTask.Row>> groups = new HashMap<>();
    rows.forEach(row -> {
      groups.computeIfAbsent("category/" + row.category(), _ -> new ArrayList<>()).add(row);
      groups.computeIfAbsent("l2-category/" + row.group(), _ -> new ArrayList<>()).add(row);
    });
    for (String kind : List.of("category", "l2-category")) {
      assertThat(expected.path(kind).size()).isPositive();
      expected
          .path(kind)
          .properties()
          .forEach(entry ->
              check(
                  MmBenchTask.accuracy(groups.get(kind + "/" + entry.getKey()), choices),
                  entry.getValue()));
    }
  }

  @Test
  void mmBenchSheetEqualsTheOriginal() throws IOException {
    MmBenchTask task = new MmBenchTask(TaskName.MMBENCH, path("mmbench/mmbench.tsv"));
    List<Path> files = task.writeSubmission(answers("mmbench/answers.jsonl"), folder);
    JsonNode expected = json("mmbench/expected_submission.json");
    try (ReadableWorkbook book = new ReadableWorkbook(files.getFirst().toFile())) {
      assertThat(book.getFirstSheet().getName()).isEqualTo(expected.path("sheet").asString());
      List<Row> rows = book.getFirstSheet().read();
      assertThat(rows).hasSize(expected.path("rows").size());
      for (int row = 0; row < rows.size(); row++) {
        JsonNode wanted = expected.path("rows").path(row);
        for (int column = 0; column < wanted.size(); column++) {
          JsonNode cell = wanted.path(column);
          assertThat(text(rows.get(row), column))
              .as("row %d, column %d", row, column)
              .isEqualTo(cell.isNull() ? null : cell.asString());
        }
      }
    }
  }

  private static String text(Row row, int column) {
    Cell cell = column < row.getCellCount() ? row.getCell(column) : null;
    if (cell == null || cell.getType() == CellType.EMPTY) {
      return null;
    }
    assertThat(cell.getType()).isNotEqualTo(CellType.FORMULA);
    return cell.getType() == CellType.NUMBER ? cell.asNumber().toPlainString() : cell.asString();
  }

  private static void check(MmBenchTask.Accuracy found, JsonNode expected) {
    close(found.circular(), expected.path("circular"));
    close(found.vanilla(), expected.path("vanilla"));
  }

  private static void close(double found, JsonNode expected) {
    assertThat(expected.isNumber()).isTrue();
    assertThat(found).isCloseTo(expected.asDouble(), within(EXACT));
  }

  private static Path path(String name) {
    return Golden.path("eval/" + name);
  }

  private static JsonNode json(String name) {
    return Golden.json("eval/" + name);
  }

  private static List<JsonNode> lines(String name) {
    try {
      JsonMapper json = new JsonMapper();
      return Files.readAllLines(path(name)).stream()
          .filter(line -> !line.isBlank())
          .map(json::readTree)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Answer> answers(String name) {
    return AnswerFile.readForeign(path(name)).answers();
  }
}
