package llava4j.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import llava4j.eval.task.Answer;
import llava4j.eval.task.PopeTask;
import llava4j.eval.task.Question;
import llava4j.eval.task.Score;
import llava4j.eval.task.Task;
import llava4j.eval.task.TaskName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ReportTest {
  @TempDir Path folder;

  @Test
  void pageMarkdownAndJsonTellEverything() throws IOException {
    EvalResult result = pope("abc", "Pad[]");
    EvalResult other = pope("other", "Square[]");
    Path page =
        new EvalReport(List.of(result), List.of(other), Optional.of("Only <30>.")).write(folder);
    String html = Files.readString(page);
    assertThat(html)
        .contains("POPE", "abc", "data:image/png;base64,", "case right", "case wrong")
        .contains("Only &lt;30&gt;.", "<td>random F1</td>", "85.9", "84.2")
        .contains("1.000") // the same answers
        .doesNotContain("src=\"http", "href=\"http", "{{");
    assertThat(count(html, "case right")).isBetween(1, 20);
    assertThat(count(html, "case wrong")).isBetween(1, 20);
    String markdown = Files.readString(folder.resolve("report.md"));
    assertThat(markdown)
        .contains(
            "| POPE | mean F1 |", "|  | popular F1 |", "| benchmark | figure | score | 95 % |")
        .contains("- weights (fingerprint): abc", "- template: VICUNA_V1", "- image mode: Pad[]")
        .contains("- types: auto", "- suffix (SHA-256): none", "- OCR tokens in prompts: no")
        .contains("- decoding: greedy, at most 128 tokens");
    JsonNode json = new JsonMapper().readTree(Files.readString(folder.resolve("report.json")));
    double value = result.score().orElseThrow().value();
    assertThat(json.path(0).path("value").asDouble()).isEqualTo(value);
    assertThat(json.path(0).path("other_value").asDouble()).isEqualTo(value);
    assertThat(json.path(0).path("low").asDouble()).isLessThan(value);
    assertThat(json.path(0).path("high").asDouble()).isGreaterThan(value);
    assertThat(json.path(0).path("p").asDouble()).isEqualTo(1);
    assertThat(json.path(0).path("questions").asInt()).isEqualTo(30);
    assertThat(json.path(0).at("/settings/asked/weights").asString()).isEqualTo("abc");
    assertThat(json.path(0).at("/paper/adversarial F1/7b").asDouble()).isEqualTo(84.2);
  }

  @Test
  void everyCaseSaysWhatIsRightInPlainText() throws IOException {
    EvalResult result = pope("abc", "Pad[]");
    EvalResult hostile =
        new EvalResult(
            new Told(result.task(), "<b>\"yes\" & no</b>"),
            result.settings(),
            result.answers(),
            result.score());
    new EvalReport(List.of(hostile), List.of(), Optional.empty()).write(folder);
    new AnswerSheet(hostile, 5, 1).write(folder.resolve("sheet.html"));
    int cases = Math.min(40, CaseCards.of(result).size());
    String report = Files.readString(folder.resolve("report.html"));
    String escaped = "right answer: &lt;b&gt;&quot;yes&quot; &amp; no&lt;/b&gt;";
    assertThat(count(report, escaped)).isEqualTo(cases).isPositive();
    assertThat(count(Files.readString(folder.resolve("sheet.html")), escaped)).isEqualTo(5);
    assertThat(report).doesNotContain("<b>");
    assertThat(CaseCards.of(result))
        .allSatisfy(one ->
            assertThat(one.get("kind").equals("right"))
                .isEqualTo(one.get("said").toString().equalsIgnoreCase((String) one.get("truth"))));
  }

  /// A benchmark to all of whose questions one answer is right.
  private record Told(Task task, String right) implements Task {
    @Override
    public TaskName name() {
      return task.name();
    }

    @Override
    public List<Question> questions() {
      return task.questions();
    }

    @Override
    public int maxNewTokens() {
      return task.maxNewTokens();
    }

    @Override
    public Optional<Score> score(List<Answer> answers) {
      return task.score(answers);
    }

    @Override
    public List<String> rightAnswers() {
      return questions().stream().map(_ -> right).toList();
    }

    @Override
    public List<Path> writeSubmission(List<Answer> answers, Path out) {
      return List.of();
    }
  }

  @Test
  void linesSetPartsUnderTheHeadline() throws IOException {
    EvalResult result = pope("abc", "Pad[]");
    List<ReportLine> lines =
        ReportLine.of(result, Optional.empty(), new Bootstrap(200), List.of(1, 3));
    assertThat(lines.stream().map(ReportLine::figure))
        .containsExactly("mean F1", "random F1", "popular F1", "adversarial F1");
    assertThat(lines.stream().map(ReportLine::part)).containsExactly(false, true, true, true);
    assertThat(lines.getFirst().there()).isEqualTo("-");
    assertThat(lines.getFirst().p()).isEqualTo("-");
    assertThat(lines.getFirst().paperHd()).isEqualTo("86.3");
    assertThat(lines.stream().map(ReportLine::marks)).containsExactly("1, 3", "", "", "");
    assertThat(lines.stream().map(ReportLine::table)).containsExactly("Table 4", "", "", "");
    double mean =
        lines.stream()
            .skip(1)
            .mapToDouble(line -> line.value().orElseThrow())
            .average()
            .orElseThrow();
    assertThat(lines.getFirst().value().orElseThrow()).isEqualTo(mean, within(1e-9));
    EvalResult unscored =
        new EvalResult(result.task(), result.settings(), result.answers(), Optional.empty());
    ReportLine waiting =
        ReportLine.of(unscored, Optional.of(result), new Bootstrap(200), List.of()).getFirst();
    assertThat(List.of(waiting.figure(), waiting.score(), waiting.range(), waiting.p()))
        .containsExactly("by its server", "-", "-", "-");
    assertThat(waiting.there()).isEqualTo(lines.getFirst().score());
  }

  @Test
  void circumstancesNameTheJudgeAndWhatItDidNotJudge() throws IOException {
    EvalResult plain = pope("abc", "Pad[]");
    assertThat(plain.circumstances()).doesNotContainKeys("judge", "without a rating");
    EvalResult judged =
        new EvalResult(
            plain.task(),
            plain.settings(),
            plain.answers(),
            plain.score(),
            Optional.of("gpt at home"),
            List.of(4, 6));
    assertThat(judged.circumstances())
        .containsAllEntriesOf(plain.settings().lines())
        .containsEntry("judge", "gpt at home")
        .containsEntry("without a rating", "2 of 30 answers, to questions 5, 7");
    // what was not judged of one is no pair of what was judged of the other
    assertThat(
            ReportLine.of(plain, Optional.of(judged), new Bootstrap(200), List.of()).getFirst().p())
        .isEqualTo("-");
    new EvalReport(List.of(judged), List.of(), Optional.empty()).write(folder);
    assertThat(Files.readString(folder.resolve("report.html"))).contains("gpt at home", "5, 7");
    assertThat(Files.readString(folder.resolve("report.md"))).contains("- judge: gpt at home");
  }

  /// Asked of the same stand-in, which answers always the same.
  private EvalResult pope(String weights, String imageMode) throws IOException {
    PopeTask task = MiniPope.write(folder.resolve("data"), 30);
    for (int i = 0; i < 10; i++) {
      ImageIO.write(
          new BufferedImage(40, 30, BufferedImage.TYPE_INT_RGB),
          "png",
          folder.resolve("data/" + i + ".png").toFile());
    }
    RunSettings settings =
        RunSettings.of(
            task,
            new RunSettings.Asked(
                "model " + weights,
                weights,
                "VICUNA_V1",
                imageMode,
                RunSettings.Orientation.IGNORED,
                null,
                "auto",
                task.maxNewTokens()));
    Path out = folder.resolve(weights);
    new EvalRun(task, settings, out, Shard.whole(), 4)
        .run(MiniPope.answerer(new ArrayList<>()), (_, _) -> {});
    List<Answer> answers = EvalRun.collect(task, out, settings, 1);
    return new EvalResult(task, settings, answers, task.score(answers));
  }

  private static int count(String text, String part) {
    return text.split(Pattern.quote(part), -1).length - 1;
  }
}
