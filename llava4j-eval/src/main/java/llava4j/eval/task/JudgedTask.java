package llava4j.eval.task;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A benchmark whose answers a judge scores: what it is asked, how its words are read, what
/// follows.
public interface JudgedTask extends Task {

  /// Empty: a judge has to be asked.
  @Override
  default Optional<Score> score(List<Answer> answers) {
    return Optional.empty();
  }

  /// Finds out before anything is asked whether the files that a judge needs are there and whole.
  default void requireJudgesFiles() {
    prompts(questions().stream().map(question -> new Answer(question.id(), "", "")).toList());
  }

  /// What the judge is told it is; may be empty.
  String system();

  /// One prompt for each answer.
  List<String> prompts(List<Answer> answers);

  /// What a right answer is like, one for each question.
  List<String> references();

  @Override
  default List<String> rightAnswers() {
    return references();
  }

  /// Whether the judge's words can be read.
  boolean isReadable(String verdict);

  /// The score from readable verdicts, by number of the question.
  Score judged(Map<Integer, String> verdicts);
}
