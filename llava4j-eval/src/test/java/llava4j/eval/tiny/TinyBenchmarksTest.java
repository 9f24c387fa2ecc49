package llava4j.eval.tiny;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llava4j.eval.Answerer;
import llava4j.eval.EvalReport;
import llava4j.eval.EvalResult;
import llava4j.eval.EvalRun;
import llava4j.eval.RunSettings;
import llava4j.eval.Shard;
import llava4j.eval.Tasks;
import llava4j.eval.task.Answer;
import llava4j.eval.task.Question;
import llava4j.eval.task.QuestionImage;
import llava4j.eval.task.Score;
import llava4j.eval.task.Stratum;
import llava4j.eval.task.Task;
import llava4j.eval.task.TaskName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// One who sees the drawings scores full marks in every benchmark; one who does not, does not.
class TinyBenchmarksTest {
  private static final double BEST_PERCENT = 100;
  private static final double BEST_MME = 2000;

  @TempDir Path folder;

  @Test
  void whoSeesTheDrawingsScoresFullMarks() throws Exception {
    TinyBenchmarks.write(folder.resolve("data"));
    List<EvalResult> results = new ArrayList<>();
    for (TaskName name : TaskName.ofThePaper()) {
      Task task = Tasks.open(name, folder.resolve("data"));
      Tasks.requireImages(task);
      EvalResult right =
          run(task, "right", some -> some.stream().map(TinyBenchmarksTest::rightAnswer).toList());
      EvalResult wrong = run(task, "wrong", some -> some.stream().map(_ -> "?").toList());
      results.add(right);
      Optional<Score> score = right.score();
      if (score.isPresent()) {
        double best = name == TaskName.MME ? BEST_MME : BEST_PERCENT;
        assertThat(score.get().value()).as(name.title()).isEqualTo(best);
        assertThat(score.get().name()).isEqualTo(name.published().orElseThrow().figure());
        assertThat(score.get().figures().keySet())
            .containsAll(name.parts().stream().map(TaskName.Published::figure).toList());
        assertThat(wrong.score().orElseThrow().value()).as(name.title()).isLessThan(best);
        EvalResult mixed = run(task, "mixed", TinyBenchmarksTest::sometimesRight);
        for (EvalResult one : List.of(right, wrong, mixed)) {
          assertThat(one.score().orElseThrow().strata().stream().mapToDouble(Stratum::value).sum())
              .as(name.title())
              .isEqualTo(one.score().orElseThrow().value(), within(1e-6));
        }
      } else {
        assertThat(name).isIn(TaskName.VIZWIZ, TaskName.LLAVABENCH, TaskName.MMVET);
      }
    }
    Path page = new EvalReport(results, List.of(), Optional.empty()).write(folder);
    assertThat(Files.readString(page)).contains("MMBench-CN", "SEED-Bench", "case right");
    String markdown = Files.readString(folder.resolve("report.md"));
    assertThat(markdown.split("weights \\(fingerprint\\)", -1)).as("said once").hasSize(2);
    assertThat(markdown.split("questions \\(SHA-256\\)", -1)).hasSize(13);
  }

  private EvalResult run(Task task, String model, Answerer answerer) {
    RunSettings settings =
        RunSettings.of(
            task,
            new RunSettings.Asked(
                model,
                model,
                "v1",
                "pad",
                RunSettings.Orientation.IGNORED,
                null,
                "auto",
                task.maxNewTokens()));
    Path out = folder.resolve(model);
    new EvalRun(task, settings, out, Shard.whole(), 4).run(answerer, (_, _) -> {});
    List<Answer> answers = EvalRun.collect(task, out, settings, 1);
    task.writeSubmission(answers, out);
    return new EvalResult(task, settings, answers, task.score(answers));
  }

  private static List<String> sometimesRight(List<Question> questions) {
    return questions.stream()
        .map(question -> question.number() % 3 == 0 ? "Yes" : rightAnswer(question))
        .toList();
  }

  private static String rightAnswer(Question question) {
    String text = question.text();
    ShapesImage shapes = shapes(question);
    if (text.startsWith("What colour")) {
      return shapes.colorWord() + (question.id().startsWith("1") ? "." : "");
    }
    if (text.startsWith("Is there a ")) {
      return text.contains(shapes.shapeWord()) ? "Yes" : "No, there is none.";
    }
    if (text.startsWith("Is it ")) {
      return text.contains(shapes.colorWord()) ? "Yes" : "No";
    }
    for (String letter : List.of("A", "B", "C")) {
      if (text.contains(letter + ". " + shapes.count())) {
        return letter;
      }
    }
    return shapes.caption();
  }

  /// MMBench's rows carry the image themselves; ScienceQA's questions without one count up.
  private static ShapesImage shapes(Question question) {
    Optional<QuestionImage> image = question.image();
    for (ShapesImage shapes : ShapesImage.all()) {
      boolean same =
          image
              .map(one ->
                  one instanceof QuestionImage.InTable
                      ? Long.parseLong(question.id()) % 1_000_000 == shapes.number()
                      : one.name().endsWith(shapes.file()))
              .orElse(question.number() == shapes.number());
      if (same) {
        return shapes;
      }
    }
    throw new IllegalStateException(question.toString());
  }
}
