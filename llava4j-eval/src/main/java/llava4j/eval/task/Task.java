package llava4j.eval.task;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// A benchmark whose files are there.
public interface Task {

  /// The word on the command line.
  TaskName name();

  /// All questions, in the order of the benchmark's file.
  List<Question> questions();

  /// The prompt as the original stores it beside an answer.
  default String storedPrompt(Question question) {
    return question.text();
  }

  /// What to do about an image that is missing, as the end of a sentence.
  default String missing(QuestionImage image) {
    return "get the benchmark's images and lay them there";
  }

  /// Tokens that an answer may have.
  int maxNewTokens();

  /// The official score, or empty where only the benchmark's server can tell.
  ///
  /// @param answers one for each question, in the order of the questions
  Optional<Score> score(List<Answer> answers);

  /// What a right answer is, for people: one for each question, in order; none where only the
  /// benchmark's server knows.
  List<String> rightAnswers();

  /// What a figure can be at best.
  default double best(String figure) {
    return 100;
  }

  /// Writes what the benchmark's server or scorer takes.
  ///
  /// @return the files; none where nobody takes one
  List<Path> writeSubmission(List<Answer> answers, Path folder);
}
