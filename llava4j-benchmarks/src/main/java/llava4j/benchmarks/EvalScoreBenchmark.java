package llava4j.benchmarks;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import llava4j.eval.task.Answer;
import llava4j.eval.task.Score;
import llava4j.eval.task.Vqav2Task;

/// Scoring VQAv2's answers against ten people's answers each, on one thread; for comparison, the
/// time for reading the same annotations as JSON.
final class EvalScoreBenchmark implements Benchmark {
  private static final int QUESTIONS = 200_000;
  private static final double MAX_SECONDS = 10;
  private static final List<String> WORDS =
      List.of(
          "yes", "no", "2", "red", "a dog", "The cat's", "don't know", "tennis-racket", "$5.99");

  @Override
  public String name() {
    return "eval-score";
  }

  @Override
  public String description() {
    return "200000 VQAv2 answers scored against ten people's each, on one core (10 s)";
  }

  @Override
  public Report run(int repeats, PrintWriter out) {
    try (TemporaryFolder folder = TemporaryFolder.create()) {
      List<Answer> answers = write(folder.path());
      Path questions = folder.path().resolve("questions.jsonl");
      Vqav2Task task =
          new Vqav2Task(
              questions, questions, folder.path().resolve("annotations.json"), folder.path());
      Score[] last = new Score[1];
      List<Timing> timings =
          Timing.alternately(
              1,
              Math.min(repeats, 3),
              () -> last[0] = task.score(answers).orElseThrow(),
              () -> read(folder.path().resolve("annotations.json")));
      double seconds = timings.getFirst().median() / 1e3;
      out.println("  scoring:          " + timings.getFirst());
      out.println("  reading the JSON: " + timings.getLast());
      // each question's answer is among the ten answers at least three times
      Benchmark.check(
          Math.abs(last[0].value() - 90) < 1e-6,
          String.format(Locale.ROOT, "three of ten people make 90 %% (%.6f)", last[0].value()),
          out);
      Report report = new Report();
      report.figure("ratio_to_reading", timings.getFirst().median() / timings.getLast().median());
      report.atMost("seconds", seconds, MAX_SECONDS);
      return report;
    }
  }

  private static void read(Path file) {
    try {
      new tools.jackson.databind.json.JsonMapper().readTree(Files.readString(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Answer> write(Path folder) {
    Random random = new Random(2);
    List<Answer> answers = new ArrayList<>();
    StringBuilder questions = new StringBuilder();
    StringBuilder people = new StringBuilder("{\"annotations\":[");
    for (int i = 0; i < QUESTIONS; i++) {
      int word = random.nextInt(WORDS.size());
      answers.add(new Answer(String.valueOf(i), "", WORDS.get(word)));
      questions
          .append("{\"question_id\":")
          .append(i)
          .append(",\"image\":\"x.jpg\",\"text\":\"What?\"}\n");
      people
          .append(i == 0 ? "" : ",")
          .append("{\"question_id\":")
          .append(i)
          .append(",\"answers\":[");
      for (int person = 0; person < 10; person++) {
        int given =
            person < 3 ? word : (word + 1 + random.nextInt(WORDS.size() - 1)) % WORDS.size();
        people
            .append(person == 0 ? "" : ",")
            .append("{\"answer\":\"")
            .append(WORDS.get(given))
            .append("\"}");
      }
      people.append("]}");
    }
    try {
      Files.writeString(folder.resolve("questions.jsonl"), questions);
      Files.writeString(folder.resolve("annotations.json"), people.append("]}"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return answers;
  }
}
