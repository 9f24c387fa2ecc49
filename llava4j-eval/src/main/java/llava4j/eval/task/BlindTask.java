package llava4j.eval.task;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// A benchmark without its images: measures the score that can be reached by guessing from the
/// question.
///
/// @param questions the benchmark's, without images
public record BlindTask(Task sighted, List<Question> questions) implements Task {
  public BlindTask {
    questions = List.copyOf(questions);
  }

  /// Removes the images.
  public BlindTask(Task sighted) {
    this(
        sighted,
        sighted.questions().stream()
            .map(question ->
                new Question(
                    question.number(),
                    question.id(),
                    question.numeric(),
                    List.of(),
                    question.text(),
                    question.category()))
            .toList());
  }

  @Override
  public TaskName name() {
    return sighted.name();
  }

  /// The prompt of the question with its image: scorers use it to find the questions with an image.
  @Override
  public String storedPrompt(Question question) {
    return sighted.storedPrompt(sighted.questions().get(question.number()));
  }

  @Override
  public int maxNewTokens() {
    return sighted.maxNewTokens();
  }

  @Override
  public Optional<Score> score(List<Answer> answers) {
    return sighted.score(answers);
  }

  @Override
  public Optional<Splits> splits(List<Answer> answers) {
    return sighted.splits(answers);
  }

  @Override
  public List<String> rightAnswers() {
    return sighted.rightAnswers();
  }

  @Override
  public double best(String figure) {
    return sighted.best(figure);
  }

  @Override
  public List<Path> writeSubmission(List<Answer> answers, Path folder) {
    return sighted.writeSubmission(answers, folder);
  }
}
