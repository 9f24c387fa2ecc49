package llava4j.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import llava4j.eval.judge.WordOverlap;
import llava4j.eval.task.Answer;
import llava4j.eval.task.BlindTask;
import llava4j.eval.task.JudgedTask;
import llava4j.eval.task.Official;
import llava4j.eval.task.Score;
import llava4j.eval.task.Task;
import llava4j.eval.task.TaskName;
import llava4j.eval.tiny.TinyBenchmarks;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What a report says of each benchmark: the paper's scores and the differences from them, parts,
/// right answers, and the way to the official score.
class ReportOfBenchmarksTest {
  @TempDir Path folder;
  private Path data;

  @BeforeEach
  void write() {
    data = folder.resolve("data");
    TinyBenchmarks.write(data);
  }

  @Test
  void whatOnlyAServerScoresSaysSoAndHow() throws IOException {
    Files.delete(data.resolve("vqav2/annotations.json"));
    Path table = data.resolve("mmbench/mmbench_dev_20230712.tsv");
    Files.writeString(
        table, Files.readString(table).replaceFirst("answer", "solution")); // as the test split
    List<EvalResult> results = new ArrayList<>();
    for (TaskName name : List.of(TaskName.VQAV2, TaskName.VIZWIZ, TaskName.MMBENCH)) {
      results.add(result(Tasks.open(name, data), "red"));
    }
    String page = Files.readString(report(results));
    assertThat(page)
        .contains("people&#39;s answers: not public", "right answer: not public")
        .contains("https://eval.ai/web/challenges/challenge-page/830/my-submission")
        .contains("evalai challenge 1911 phase PHASE submit --file submissions/vizwiz.json")
        .contains("submissions/mmbench.xlsx", "mmbench.opencompass.org.cn/mmbench-submission")
        .contains("this file has no labels, so it is another split")
        .doesNotContain("case right", "case wrong", "{{");
    assertThat(count(page, "class=\"case open\"")).isEqualTo(6 + 6 + 18);
    assertThat(count(page, ">not scored here<")).isEqualTo(30);
    assertThat(Files.readString(folder.resolve("report.md")))
        .contains("evalai challenge 830 phases", "| 78.5 | 80.0 | 81.8 | Table 3 | 1, 2, 3 |");
  }

  @Test
  void aJudgedAnswerStandsBesideItsReference() throws IOException {
    Task task = Tasks.open(TaskName.MMVET, data);
    List<Answer> answers = answers(task, "red");
    List<String> references = ((JudgedTask) task).references();
    Score overlap = WordOverlap.score(task.questions(), answers, references);
    EvalResult plain = new EvalResult(task, settings(task), answers, Optional.of(overlap));
    String page = Files.readString(report(List.of(plain)));
    assertThat(page)
        .contains("reference: triangle&lt;AND&gt;", "no judge; word overlap 0.00")
        .contains("whyu/MM-Vet_Evaluator", "submissions/mmvet.json", "--judge-url")
        .contains(
            "<td>as in the paper: total</td>", "31.1") // the paper's score in a line of its own
        .doesNotContain("case right", "case wrong");
    Score rated = Score.mean("total", List.of(1.0, 0.4, 0.0, 0.0, 0.0, 0.0));
    EvalResult judged =
        new EvalResult(
            task, settings(task), answers, Optional.of(rated), Optional.of("m at u"), List.of());
    assertThat(CaseMark.all(judged).stream().map(CaseMark::text))
        .startsWith("rated 1.00 of 1", "rated 0.40 of 1");
    assertThat(PaperNotes.of(judged))
        .anyMatch(note -> note.contains("GPT-4; here it was m at u."))
        .contains("6 questions were asked here; the paper's MM-Vet has 218.");
  }

  @Test
  void peoplesAnswersAndPartsOfAPointAreShown() throws IOException {
    Task task = Tasks.open(TaskName.VQAV2, data);
    EvalResult result = result(task, "unanswerable"); // two of ten people said so
    assertThat(CaseMark.all(result).getFirst())
        .isEqualTo(
            new CaseMark("right", "counts 0.6", "people's answers", "red (8), unanswerable (2)"));
    assertThat(PaperNotes.of(result))
        .anyMatch(note -> note.startsWith("Scored here with annotations.json"));
    EvalResult blind = result(new BlindTask(task), "red");
    assertThat(PaperNotes.of(blind))
        .contains("Asked without the images here; the paper's models saw them.");
  }

  @Test
  void splitsOfPopeAndSeedAreInPageAndJson() throws IOException {
    Task pope = Tasks.open(TaskName.POPE, data);
    Task seed = Tasks.open(TaskName.SEED, data);
    List<EvalResult> results = List.of(result(pope, "Yes"), result(new BlindTask(seed), "A"));
    String page = Files.readString(report(results));
    assertThat(page)
        .contains("<tr><td>popular</td><td class=\"number\">6</td>")
        .contains("<td>all of videos</td><td>video</td><td class=\"number\">1</td>");
    JsonNode json = new JsonMapper().readTree(Files.readString(folder.resolve("report.json")));
    JsonNode splits = json.path(0).path("splits");
    assertThat(splits.valueStream().map(row -> row.path("name").asString()))
        .containsExactly("random", "popular", "adversarial");
    assertThat(splits.path(2).path("accuracy").asDouble()).isEqualTo(50);
    assertThat(splits.path(2).path("F1").asDouble()).isEqualTo(200.0 / 3, within(1e-9));
    assertThat(splits.path(2).path("yes ratio").asDouble()).isEqualTo(100);
    JsonNode parts = json.path(1).path("splits");
    assertThat(parts.valueStream().map(row -> row.path("of").asString("-")))
        .containsExactly("image", "image", "video", "image", "video", "-");
    assertThat(parts.valueStream().mapToInt(row -> row.path("questions").asInt()).sum())
        .isEqualTo(3 * 6);
    assertThat(parts.path(5).path("accuracy").asDouble())
        .isEqualTo(json.path(1).path("value").asDouble());
    assertThat(json.path(1).path("paper_source").asString())
        .endsWith("arXiv 2310.03744v2, Table 4");
    assertThat(json.path(1).path("paper_notes").valueStream().map(JsonNode::asString))
        .anyMatch(note -> note.contains("14,233 questions about images and 5,009 about videos"));
    assertThat(json.path(1).at("/official/steps/0/text").asString()).contains("seed.jsonl");
  }

  @Test
  void everyBenchmarkOfThePaperHasATableAndAWay() {
    for (TaskName name : TaskName.ofThePaper()) {
      assertThat(PaperNotes.table(name)).as(name.title()).isPresent();
      assertThat(Official.of(name).steps()).as(name.title()).isNotEmpty();
    }
    assertThat(PaperNotes.table(TaskName.HELD_OUT)).isEmpty();
  }

  private Path report(List<EvalResult> results) {
    return new EvalReport(results, List.of(), Optional.empty()).write(folder);
  }

  /// All questions have the same answer.
  private static EvalResult result(Task task, String answer) {
    List<Answer> answers = answers(task, answer);
    return new EvalResult(task, settings(task), answers, task.score(answers));
  }

  private static List<Answer> answers(Task task, String answer) {
    return task.questions().stream()
        .map(question -> new Answer(question.id(), task.storedPrompt(question), answer))
        .toList();
  }

  private static RunSettings settings(Task task) {
    return EvalRunTest.settings(task, "m");
  }

  private static int count(String text, String part) {
    return text.split(Pattern.quote(part), -1).length - 1;
  }
}
