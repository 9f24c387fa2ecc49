package llava4j.eval;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import llava4j.eval.task.Score;
import llava4j.eval.task.TaskName;

/// A line of the report's table: this model's score next to the other model's and the paper's.
///
/// @param part whether it is a part of the headline score above it
/// @param interval the 95 % confidence interval of the score
/// @param otherValue the other model's score
/// @param significance the p-value of the difference
/// @param published the paper's score; empty if the paper has no score with this name
/// @param notes numbers of the notes on the differences from the paper, for the headline only
record ReportLine(
    TaskName task,
    boolean part,
    String figure,
    Optional<Double> value,
    Optional<Bootstrap.Interval> interval,
    Optional<Double> otherValue,
    Optional<Double> significance,
    Optional<TaskName.Published> published,
    List<Integer> notes) {

  private static final String JUDGED = "as in the paper: ";

  /// The headline score of a result, and those of its parts that are in the paper too. If the
  /// headline is another one than the paper's, the paper's is a line of its own.
  static List<ReportLine> of(
      EvalResult result, Optional<EvalResult> other, Bootstrap bootstrap, List<Integer> notes) {
    TaskName task = result.task().name();
    Optional<Score> score = result.score();
    Optional<Score> otherScore = other.flatMap(EvalResult::score);
    List<ReportLine> lines = new ArrayList<>();
    lines.add(
        new ReportLine(
            task,
            false,
            score.map(Score::name).orElse("by its server"),
            score.map(Score::value),
            score
                .filter(found -> !found.strata().isEmpty())
                .map(found -> bootstrap.interval(found.strata())),
            otherScore.map(Score::value),
            other
                .filter(there -> there.unjudged().equals(result.unjudged()))
                .flatMap(EvalResult::score)
                .flatMap(there -> score.flatMap(one -> significance(one, there, bootstrap))),
            task.published().filter(paper -> isSame(score, paper)),
            notes));
    List<TaskName.Published> parts = new ArrayList<>(task.parts());
    task.published().filter(paper -> !isSame(score, paper)).ifPresent(parts::addFirst);
    for (TaskName.Published part : parts) {
      lines.add(
          new ReportLine(
              task,
              true,
              task.published().filter(part::equals).map(_ -> JUDGED).orElse("") + part.figure(),
              score.map(found -> found.figures().get(part.figure())),
              Optional.empty(),
              otherScore.map(found -> found.figures().get(part.figure())),
              Optional.empty(),
              Optional.of(part),
              List.of()));
    }
    return lines;
  }

  private static boolean isSame(Optional<Score> score, TaskName.Published paper) {
    return score.map(one -> one.name().equals(paper.figure())).orElse(true);
  }

  private static Optional<Double> significance(Score one, Score other, Bootstrap bootstrap) {
    return one.name().equals(other.name())
            && !one.strata().isEmpty()
            && Bootstrap.arePairs(one.strata(), other.strata())
        ? Optional.of(bootstrap.pairedSignificance(one.strata(), other.strata()))
        : Optional.empty();
  }

  String word() {
    return task.word();
  }

  String title() {
    return part ? "" : task.title();
  }

  /// The numbers of the notes, as `1, 3`; empty if there are none.
  String marks() {
    return String.join(", ", notes.stream().map(String::valueOf).toList());
  }

  /// The paper's table with these scores.
  String table() {
    return part ? "" : PaperNotes.table(task).orElse("-");
  }

  String score() {
    return number(value);
  }

  String range() {
    return interval
        .map(found -> number(Optional.of(found.low())) + " to " + number(Optional.of(found.high())))
        .orElse("-");
  }

  String there() {
    return number(otherValue);
  }

  String p() {
    return significance.map(found -> String.format(Locale.ROOT, "%.3f", found)).orElse("-");
  }

  String paper7b() {
    return number(published.map(TaskName.Published::seven));
  }

  String paper13b() {
    return number(published.map(TaskName.Published::thirteen));
  }

  String paperHd() {
    return number(published.map(TaskName.Published::highDefinition));
  }

  static String number(Optional<Double> value) {
    return value.map(found -> String.format(Locale.ROOT, "%.1f", found)).orElse("-");
  }
}
