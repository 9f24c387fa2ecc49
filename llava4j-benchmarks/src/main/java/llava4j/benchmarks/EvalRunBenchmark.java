package llava4j.benchmarks;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.BiFunction;
import llava4j.ChatMessage;
import llava4j.ChatRequest;
import llava4j.Llava;
import llava4j.LoadOptions;
import llava4j.eval.EvalRun;
import llava4j.eval.ModelAnswerer;
import llava4j.eval.RunSettings;
import llava4j.eval.Shard;
import llava4j.eval.task.Answer;
import llava4j.eval.task.Question;
import llava4j.eval.task.QuestionImage;
import llava4j.eval.task.Score;
import llava4j.eval.task.Task;
import llava4j.eval.task.TaskName;
import llava4j.generate.GenerationOptions;
import llava4j.image.decode.DecodeOptions;
import llava4j.image.decode.ImageDecoder;

/// A benchmark's questions with the evaluation runner, compared with asking them one by one in the
/// file's order.
final class EvalRunBenchmark implements Benchmark {
  private static final double BAR = 1.5;
  private static final int IMAGES = 12;
  private static final int QUESTIONS_PER_IMAGE = 3;
  private static final int ANSWER_TOKENS = 16;
  private static final int BATCH = 8;

  @Override
  public String name() {
    return "eval-run";
  }

  @Override
  public String description() {
    return "questions of a benchmark with the evaluation runner, compared with one by one (1.5x)";
  }

  @Override
  public Report run(int repeats, PrintWriter out) {
    try (TemporaryFolder folder = TemporaryFolder.create();
        Llava llava =
            Llava.load(
                RandomWeights.checkpoint(Workloads.hundredMillion(), folder),
                LoadOptions.defaults())) {
      Task task = new Images(questions(folder.path()));
      List<String> single = new ArrayList<>();
      List<String> run = new ArrayList<>();
      int[] number = new int[1];
      List<Timing> timings =
          Timing.alternately(
              1,
              repeats,
              () -> {
                single.clear();
                llava.forget();
                task.questions().forEach(question -> single.add(ask(llava, question)));
              },
              () -> {
                run.clear();
                llava.forget();
                Path results = folder.path().resolve("run" + number[0]++);
                RunSettings settings = settings(task);
                new EvalRun(task, settings, results, Shard.whole(), BATCH)
                        .run(new ModelAnswerer(llava, settings.asked()), (_, _) -> {})
                        .entrySet()
                        .stream()
                        .sorted(Map.Entry.comparingByKey())
                        .forEach(entry -> run.add(entry.getValue().text()));
              });
      out.println("  one by one: " + timings.getFirst());
      out.println("  runner:     " + timings.getLast());
      Benchmark.check(single.equals(run), "both give the same " + run.size() + " answers", out);
      Report report = new Report();
      double seconds = timings.getLast().median() / 1e3;
      report.figure("questions_per_s", run.size() / seconds);
      report.atLeast("ratio", timings.getFirst().median() / timings.getLast().median(), BAR);
      return report;
    }
  }

  private static String ask(Llava llava, Question question) {
    QuestionImage image = question.image().orElseThrow();
    ChatRequest request =
        new ChatRequest(
            List.of(
                new ChatMessage.User(
                    question.text(),
                    List.of(
                        ImageDecoder.decode(image.read(), image.name(), DecodeOptions.reference())
                            .image()))),
            Optional.empty(),
            GenerationOptions.greedy().withMaxNewTokens(ANSWER_TOKENS));
    llava.forget(); // as a program that asks once
    return llava.answer(request).text();
  }

  private static RunSettings settings(Task task) {
    return RunSettings.of(
        task,
        new RunSettings.Asked(
            "benchmark",
            "random",
            "VICUNA_V1",
            "pad",
            RunSettings.Orientation.IGNORED,
            null,
            "auto",
            ANSWER_TOKENS));
  }

  /// In an order without neighbouring questions about the same image, as in VQAv2's file.
  private static List<Question> questions(Path folder) {
    BiFunction<Integer, Path, Path> write =
        (image, file) -> {
          try {
            return Files.write(file, new Photograph(320, 240, image).jpeg());
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        };
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < IMAGES * QUESTIONS_PER_IMAGE; i++) {
      order.add(i);
    }
    Collections.shuffle(order, new Random(4));
    List<Question> questions = new ArrayList<>();
    for (int value : order) {
      int image = value % IMAGES;
      Path file = write.apply(image, folder.resolve(image + ".jpg"));
      questions.add(
          new Question(
              questions.size(),
              String.format(Locale.ROOT, "q%d", value),
              List.of(new QuestionImage.InFile(file)),
              "what is it" + "?".repeat(value % 4),
              "all"));
    }
    return questions;
  }

  /// Questions without right answers.
  private record Images(List<Question> questions) implements Task {
    @Override
    public List<String> rightAnswers() {
      return List.of();
    }

    @Override
    public TaskName name() {
      return TaskName.VIZWIZ;
    }

    @Override
    public int maxNewTokens() {
      return ANSWER_TOKENS;
    }

    @Override
    public Optional<Score> score(List<Answer> answers) {
      return Optional.empty();
    }

    @Override
    public List<Path> writeSubmission(List<Answer> answers, Path folder) {
      return List.of();
    }
  }
}
