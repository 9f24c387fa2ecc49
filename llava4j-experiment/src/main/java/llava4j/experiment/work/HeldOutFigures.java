package llava4j.experiment.work;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import llava4j.data.WhitespaceWords;
import llava4j.eval.task.Answer;
import llava4j.eval.task.Task;
import llava4j.experiment.design.Measure;
import llava4j.experiment.design.Measure.Unit;
import llava4j.experiment.ledger.Figure;

/// The measures of the small mixture's held-out questions. Each is a mean over questions.
final class HeldOutFigures {
  private static final double PERCENT = 100;
  private static final int ROW = 0; // of "task, split"

  private final Task task;
  private final List<Answer> answers;
  private final List<Double> points;

  /// @param answers one for each question, in order
  HeldOutFigures(Task task, List<Answer> answers) {
    this.task = task;
    this.answers = answers;
    this.points = task.score(answers).orElseThrow().points();
  }

  /// The figure; empty if it is not one of answers, or no such question was asked.
  Optional<Figure> of(Measure measure) {
    Set<String> rows = rows(measure);
    List<Double> values = new ArrayList<>();
    for (int i = 0; i < answers.size(); i++) {
      if (rows.contains(row(i)) || measure == Measure.RIGHT) {
        values.add(value(measure, i));
      }
    }
    return values.isEmpty()
        ? Optional.empty()
        : Optional.of(Figure.mean(measure.unit() == Unit.WORDS ? 1 : PERCENT, values));
  }

  /// What always giving the most frequent answer of each row would reach.
  Optional<Double> guess(Measure measure) {
    if (measure.unit() != Unit.PERCENT) {
      return Optional.empty();
    }
    Set<String> rows = rows(measure);
    List<String> truths = task.rightAnswers();
    Map<String, Map<String, Integer>> counts = new HashMap<>();
    double asked = 0;
    for (int i = 0; i < truths.size(); i++) {
      if (rows.contains(row(i)) || measure == Measure.RIGHT) {
        asked++;
        counts
            .computeIfAbsent(task.questions().get(i).category(), _ -> new HashMap<>())
            .merge(truths.get(i), 1, Integer::sum);
      }
    }
    double right =
        counts.values().stream()
            .mapToDouble(
                ofRow -> ofRow.values().stream().mapToInt(Integer::intValue).max().orElse(0))
            .sum();
    return asked == 0 ? Optional.empty() : Optional.of(PERCENT * right / asked);
  }

  private double value(Measure measure, int question) {
    String answer = answers.get(question).text().strip();
    ToDoubleFunction<Boolean> one = yes -> yes ? 1 : 0;
    return switch (measure) {
      case SAID_YES ->
          one.applyAsDouble(answer.toLowerCase(java.util.Locale.ROOT).startsWith("yes"));
      case LETTERS -> one.applyAsDouble(answer.matches("[A-D]"));
      case SHORT_WORDS, FREE_WORDS -> WhitespaceWords.count(answer);
      default -> points.get(question);
    };
  }

  private String row(int question) {
    return task.questions().get(question).category().split(", ", -1)[ROW];
  }

  private static Set<String> rows(Measure measure) {
    return switch (measure) {
      case SHORT_ANSWERS, SHORT_WORDS -> Set.of("vqa", "count", "short");
      case CHOICES, LETTERS -> Set.of("choice");
      case YES_NO, SAID_YES -> Set.of("yesno");
      case READING -> Set.of("word", "digits");
      case REGIONS -> Set.of("box");
      case FOREIGN -> Set.of("language");
      case UNPROMPTED, FREE_WORDS -> Set.of("free");
      default -> Set.of();
    };
  }
}
