package llava4j.eval.task;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A benchmark whose answers are scored by a judge: the prompts for the judge, how its replies are
/// parsed, and the score.
public interface JudgedTask extends Task {

  /// Empty, because a judge has to score.
  @Override
  default Optional<Score> score(List<Answer> answers) {
    return Optional.empty();
  }

  /// Checks, before any question is asked, that the files for the judge exist and are complete.
  default void requireJudgesFiles() {
    prompts(questions().stream().map(question -> new Answer(question.id(), "", "")).toList());
  }

  /// The system prompt for the judge; may be empty.
  String system();

  /// One prompt per answer.
  List<String> prompts(List<Answer> answers);

  /// A reference answer for each question.
  List<String> references();

  @Override
  default List<String> rightAnswers() {
    return references();
  }

  /// Whether the judge's reply has a readable rating.
  boolean isReadable(String verdict);

  /// The score of the readable ratings, by number of the question.
  Score judged(Map<Integer, String> verdicts);
}
