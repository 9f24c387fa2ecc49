package llava4j.eval.task;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// A benchmark whose files were found.
public interface Task {

  /// The word on the command line.
  TaskName name();

  /// All questions, in the order of the benchmark's file.
  List<Question> questions();

  /// The prompt that the original stores with an answer.
  default String storedPrompt(Question question) {
    return question.text();
  }

  /// What to do about a missing image, as the end of a sentence.
  default String missing(QuestionImage image) {
    return "download the benchmark's images into that folder";
  }

  /// Maximum number of tokens of an answer.
  int maxNewTokens();

  /// The official score, or empty if only the benchmark's server can compute it.
  ///
  /// @param answers one answer per question, in the order of the questions
  Optional<Score> score(List<Answer> answers);

  /// The scores by part of the questions; empty if the benchmark has no parts.
  ///
  /// @param answers as for [#score]
  default Optional<Splits> splits(List<Answer> answers) {
    return Optional.empty();
  }

  /// The right answers as readable text: one per question, in order; empty if only the benchmark's
  /// server knows them.
  List<String> rightAnswers();

  /// The highest possible value of a score.
  default double best(String figure) {
    return 100;
  }

  /// Writes the files for the benchmark's server or scorer.
  ///
  /// @return the files; empty if there is no server or scorer
  List<Path> writeSubmission(List<Answer> answers, Path folder);
}
