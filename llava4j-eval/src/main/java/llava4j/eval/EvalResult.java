package llava4j.eval;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import llava4j.eval.task.Answer;
import llava4j.eval.task.Score;
import llava4j.eval.task.Task;

/// A benchmark that a model has gone through.
///
/// @param answers one for each question, in order
/// @param score empty where a server or a judge scores
/// @param judge who scored, where a judge did
/// @param unjudged numbers of the questions on which the judge gave no readable verdict; they have
///   no part in the score
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

  /// What a right answer is, by number of the question; none where nobody here knows.
  ///
  /// @throws IllegalStateException if the benchmark has some for other questions only
  List<String> rightAnswers() {
    List<String> right = task.rightAnswers();
    if (!right.isEmpty() && right.size() != answers.size()) {
      throw new IllegalStateException(right.size() + " right answers to " + answers.size());
    }
    return right;
  }

  /// Without a judge.
  public EvalResult(Task task, RunSettings settings, List<Answer> answers, Optional<Score> score) {
    this(task, settings, answers, score, Optional.empty(), List.of());
  }

  /// Name and value of everything that can change the score, for people.
  SequencedMap<String, String> circumstances() {
    SequencedMap<String, String> lines = new LinkedHashMap<>(settings.lines());
    judge.ifPresent(name -> lines.put("judge", name));
    if (!unjudged.isEmpty()) {
      lines.put(
          "without a verdict",
          unjudged.size()
              + " of "
              + answers.size()
              + " answers, to questions "
              + String.join(", ", unjudgedIds()));
    }
    return lines;
  }

  /// Ids of the questions without a verdict.
  public List<String> unjudgedIds() {
    return unjudged.stream().map(number -> task.questions().get(number).id()).toList();
  }
}
