package llava4j.eval;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import llava4j.eval.task.TaskName;

/// Where the paper's scores stand, and in what a result differs from them.
final class PaperNotes {
  /// The paper with the scores of [TaskName#published] and [TaskName#parts].
  static final String SOURCE =
      "Liu et al., Improved Baselines with Visual Instruction Tuning, arXiv 2310.03744v2";

  private static final String STARRED =
      "The paper marks this score with a star: the benchmark's training images are in its training"
          + " data.";
  private static final String JUDGE = "gpt-4-0314";

  private PaperNotes() {}

  /// The paper's table with a benchmark's scores; empty if it has none.
  static Optional<String> table(TaskName task) {
    return switch (task) {
      case VQAV2, GQA, VIZWIZ, SCIENCEQA, TEXTVQA -> Optional.of("Table 3");
      case POPE, MME, MMBENCH, MMBENCH_CN, SEED, LLAVABENCH, MMVET -> Optional.of("Table 4");
      case HELD_OUT -> Optional.empty();
    };
  }

  /// The number of questions of the benchmark that the paper used; empty if the number of rows
  /// depends on the file.
  private static Optional<Integer> questions(TaskName task) {
    return switch (task) {
      case VQAV2 -> Optional.of(107_394);
      case GQA -> Optional.of(12_578);
      case VIZWIZ -> Optional.of(8_000);
      case SCIENCEQA -> Optional.of(4_241);
      case TEXTVQA -> Optional.of(5_000);
      case POPE -> Optional.of(8_910);
      case MME -> Optional.of(2_374);
      case SEED -> Optional.of(19_242);
      case LLAVABENCH -> Optional.of(60);
      case MMVET -> Optional.of(218);
      case MMBENCH, MMBENCH_CN, HELD_OUT -> Optional.empty();
    };
  }

  /// The differences in split, scale, questions, prompt and judge, one sentence each; empty if the
  /// benchmark is not in the paper.
  static List<String> of(EvalResult result) {
    TaskName task = result.task().name();
    List<String> notes = new ArrayList<>();
    if (table(task).isEmpty()) {
      return notes;
    }
    ofBenchmark(result).forEach(notes::add);
    int asked = result.answers().size();
    questions(task)
        .filter(all -> all != asked)
        .ifPresent(all ->
            notes.add(
                String.format(
                    Locale.ROOT,
                    "%,d questions were asked here; the paper's %s has %,d.",
                    asked,
                    task.title(),
                    all)));
    RunSettings settings = result.settings();
    if (!settings.images()) {
      notes.add("Asked without the images here; the paper's models saw them.");
    }
    if (settings.asked().maxNewTokens() != result.task().maxNewTokens()) {
      notes.add(
          "Answers end after "
              + settings.asked().maxNewTokens()
              + " tokens here, in the original evaluation after "
              + result.task().maxNewTokens()
              + ".");
    }
    return notes;
  }

  private static List<String> ofBenchmark(EvalResult result) {
    boolean scored = result.score().isPresent();
    return switch (result.task().name()) {
      case VQAV2 ->
          List.of(
              STARRED,
              scored
                  ? "Scored here with annotations.json; the paper's score is of test-dev, by the"
                      + " benchmark's server."
                  : "The paper's score is of test-dev, by the benchmark's server, which has to score"
                      + " this model too.");
      case GQA -> List.of(STARRED);
      case VIZWIZ ->
          List.of(
              "The paper's score is of the test split, by the benchmark's server, which has to score"
                  + " this model too.");
      case SCIENCEQA ->
          List.of("The paper counts the questions with an image only (IMG), as this line does.");
      case TEXTVQA ->
          result.settings().ocrTokens()
              ? List.of()
              : List.of(
                  "The prompts here have no OCR tokens, those of the paper's models had; without them"
                      + " the accuracy is lower.");
      case POPE ->
          List.of(
              "The paper has the F1 of each split; the mean of the three is not printed there.");
      case MME ->
          List.of(
              "Points, not percent: the sum of ten perception tasks, at most 2000. The paper has no"
                  + " score for cognition.");
      case MMBENCH, MMBENCH_CN ->
          List.of(
              scored
                  ? "The paper's score is of the dev split, by the benchmark's server; here, the"
                      + " labels in the file and fixed rules scored."
                  : "The paper's score is of the dev split; this file has no labels, so it is another"
                      + " split, and the benchmark's server has to score it.");
      case SEED ->
          List.of(
              "The paper's 'all' counts each of 14,233 questions about images and 5,009 about videos"
                  + " once; of each video, the model sees one frame.");
      case LLAVABENCH, MMVET -> List.of(judged(result));
      case HELD_OUT -> List.of();
    };
  }

  private static String judged(EvalResult result) {
    String theirs =
        result.task().name() == TaskName.LLAVABENCH
            ? "The paper's judge was " + JUDGE + ", which is no longer offered"
            : "The paper's judge was GPT-4";
    return theirs
        + result
            .judge()
            .map(judge -> "; here it was " + judge + ". Ratings of two judges are on two scales.")
            .orElse("; without a judge, there is no score to compare.");
  }
}
