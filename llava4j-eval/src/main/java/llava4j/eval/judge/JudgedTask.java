package llava4j.eval.judge;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import llava4j.eval.task.Answer;
import llava4j.eval.task.LlavaBenchTask;
import llava4j.eval.task.MmVetTask;
import llava4j.eval.task.Question;
import llava4j.eval.task.Score;
import llava4j.eval.task.Task;

/// A benchmark whose answers a judge scores: what it is asked, how its words are read, what
/// follows.
public sealed interface JudgedTask {

  /// The judge's part of a benchmark, if it has one.
  static Optional<JudgedTask> of(Task task) {
    return switch (task) {
      case LlavaBenchTask bench -> Optional.of(new Bench(bench));
      case MmVetTask vet -> Optional.of(new Vet(vet));
      default -> Optional.empty();
    };
  }

  /// What the judge is told it is.
  String system();

  /// One prompt for each answer.
  List<String> prompts(List<Answer> answers);

  /// What a right answer is like, one for each question.
  List<String> references();

  /// Whether the judge's words can be read.
  boolean isReadable(String verdict);

  /// The score from readable verdicts, by number of the question.
  Score score(Map<Integer, String> verdicts);

  /// Two scores side by side; the headline is their ratio.
  record Bench(LlavaBenchTask task) implements JudgedTask {
    @Override
    public String system() {
      return "You are a helpful and precise assistant for checking the quality of the answer.";
    }

    @Override
    public List<String> prompts(List<Answer> answers) {
      return task.prompts(answers);
    }

    @Override
    public List<String> references() {
      return task.references();
    }

    @Override
    public boolean isReadable(String verdict) {
      return LlavaBenchTask.parse(verdict).isPresent();
    }

    @Override
    public Score score(Map<Integer, String> verdicts) {
      List<LlavaBenchTask.Review> reviews =
          new TreeMap<>(verdicts)
              .entrySet().stream()
                  .map(entry ->
                      new LlavaBenchTask.Review(
                          "llava_bench_" + task.questions().get(entry.getKey()).category(),
                          LlavaBenchTask.parse(entry.getValue()).orElseThrow()))
                  .toList();
      SequencedMap<String, Double> figures = new LinkedHashMap<>();
      LlavaBenchTask.summary(reviews).forEach(line -> figures.put(line.category(), line.ratio()));
      return new Score("all", figures.getOrDefault("all", 0.0), figures, List.of());
    }
  }

  /// One score from 0 to 1.
  record Vet(MmVetTask task) implements JudgedTask {
    @Override
    public String system() {
      return "";
    }

    @Override
    public List<String> prompts(List<Answer> answers) {
      return task.prompts(answers);
    }

    @Override
    public List<String> references() {
      return task.references();
    }

    @Override
    public boolean isReadable(String verdict) {
      return MmVetTask.parse(verdict).isPresent();
    }

    @Override
    public Score score(Map<Integer, String> verdicts) {
      Map<String, Double> scores = new LinkedHashMap<>();
      for (Question question : task.questions()) {
        String verdict = verdicts.get(question.number());
        if (verdict != null) {
          scores.put(question.id(), MmVetTask.parse(verdict).orElseThrow());
        }
      }
      return task.score(scores);
    }
  }
}
