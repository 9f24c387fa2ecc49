package llava4j.eval;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import llava4j.eval.task.Answer;
import llava4j.eval.task.Score;
import llava4j.eval.task.Task;

/// The result of one benchmark.
///
/// @param answers one answer per question, in order
/// @param score empty if a server or a judge has to score
/// @param judge the judge, if there was one
/// @param unjudged numbers of the questions for which the judge gave no readable rating; they are
///   not part of the score
public record EvalResult(
    Task task,
    RunSettings settings,
    List<Answer> answers,
    Optional<Score> score,
    Optional<String> judge,
    List<Integer> unjudged) {

  public EvalResult {
    answers = List.copyOf(answers);
    unjudged = List.copyOf(unjudged);
  }

  /// The right answers by number of the question; empty if they are not known here.
  ///
  /// @throws IllegalStateException if their number differs from the number of answers
  List<String> rightAnswers() {
    List<String> right = task.rightAnswers();
    if (!right.isEmpty() && right.size() != answers.size()) {
      throw new IllegalStateException(right.size() + " right answers to " + answers.size());
    }
    return right;
  }

  /// A result without a judge.
  public EvalResult(Task task, RunSettings settings, List<Answer> answers, Optional<Score> score) {
    this(task, settings, answers, score, Optional.empty(), List.of());
  }

  /// Name and value of everything that can change the score, for people.
  SequencedMap<String, String> circumstances() {
    SequencedMap<String, String> lines = new LinkedHashMap<>(settings.lines());
    judge.ifPresent(name -> lines.put("judge", name));
    if (!unjudged.isEmpty()) {
      lines.put(
          "without a rating",
          unjudged.size()
              + " of "
              + answers.size()
              + " answers, to questions "
              + String.join(", ", unjudgedIds()));
    }
    return lines;
  }

  /// Ids of the questions without a rating.
  public List<String> unjudgedIds() {
    return unjudged.stream().map(number -> task.questions().get(number).id()).toList();
  }
}
