package llava4j.eval;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import llava4j.eval.task.Score;
import llava4j.eval.task.TaskName;

/// A line of the report's table: a figure of ours beside another model's and the paper's.
///
/// @param part whether it is a part of the headline figure above it
/// @param interval the middle 95 % of the figure, its questions drawn anew
/// @param otherValue another model's figure
/// @param significance probability that equally good models would differ this much
/// @param published what the paper printed for it; empty where it is another figure than ours
record ReportLine(
    TaskName task,
    boolean part,
    String figure,
    Optional<Double> value,
    Optional<Bootstrap.Interval> interval,
    Optional<Double> otherValue,
    Optional<Double> significance,
    Optional<TaskName.Published> published) {

  /// The headline figure of a result, and the parts that the paper printed too.
  static List<ReportLine> of(EvalResult result, Optional<EvalResult> other, Bootstrap bootstrap) {
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
            task.published()
                .filter(
                    paper -> score.map(one -> one.name().equals(paper.figure())).orElse(true))));
    for (TaskName.Published part : task.parts()) {
      lines.add(
          new ReportLine(
              task,
              true,
              part.figure(),
              score.map(found -> found.figures().get(part.figure())),
              Optional.empty(),
              otherScore.map(found -> found.figures().get(part.figure())),
              Optional.empty(),
              Optional.of(part)));
    }
    return lines;
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
