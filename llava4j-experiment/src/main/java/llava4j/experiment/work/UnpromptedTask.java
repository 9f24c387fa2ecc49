package llava4j.experiment.work;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import llava4j.eval.task.Answer;
import llava4j.eval.task.Question;
import llava4j.eval.task.Score;
import llava4j.eval.task.Splits;
import llava4j.eval.task.Task;
import llava4j.eval.task.TaskName;

/// A task whose questions do not say in which form to answer; scored as always.
record UnpromptedTask(Task prompted, List<Question> questions) implements Task {
  UnpromptedTask {
    questions = List.copyOf(questions);
  }

  UnpromptedTask(Task prompted) {
    this(
        prompted,
        prompted.questions().stream()
            .map(question ->
                new Question(
                    question.number(),
                    question.id(),
                    question.numeric(),
                    question.images(),
                    Filtering.unprompted(question.text()),
                    question.category()))
            .toList());
  }

  @Override
  public TaskName name() {
    return prompted.name();
  }

  @Override
  public String storedPrompt(Question question) {
    return prompted.storedPrompt(prompted.questions().get(question.number()));
  }

  @Override
  public int maxNewTokens() {
    return prompted.maxNewTokens();
  }

  @Override
  public Optional<Score> score(List<Answer> answers) {
    return prompted.score(answers);
  }

  @Override
  public Optional<Splits> splits(List<Answer> answers) {
    return prompted.splits(answers);
  }

  @Override
  public List<String> rightAnswers() {
    return prompted.rightAnswers();
  }

  @Override
  public double best(String figure) {
    return prompted.best(figure);
  }

  @Override
  public List<Path> writeSubmission(List<Answer> answers, Path folder) {
    return prompted.writeSubmission(answers, folder);
  }
}
