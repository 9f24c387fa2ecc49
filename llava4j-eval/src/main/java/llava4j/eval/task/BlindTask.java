package llava4j.eval.task;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// A benchmark asked without its pictures: what can be scored by guessing from the question.
public record BlindTask(Task sighted) implements Task {
  @Override
  public TaskName name() {
    return sighted.name();
  }

  @Override
  public List<Question> questions() {
    return sighted.questions().stream()
        .map(question ->
            new Question(
                question.number(),
                question.id(),
                question.numeric(),
                List.of(),
                question.text(),
                question.category()))
        .toList();
  }

  @Override
  public String storedPrompt(Question question) {
    return sighted.storedPrompt(question);
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
  public double best(String figure) {
    return sighted.best(figure);
  }

  @Override
  public List<Path> writeSubmission(List<Answer> answers, Path folder) {
    return sighted.writeSubmission(answers, folder);
  }
}
