package llava4j.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import llava4j.Llava;
import llava4j.LoadOptions;
import llava4j.data.check.CheckListener;
import llava4j.data.check.CheckedSample;
import llava4j.data.check.DataCheck;
import llava4j.data.check.Finding;
import llava4j.eval.EvalResult;
import llava4j.eval.EvalRun;
import llava4j.eval.ModelAnswerer;
import llava4j.eval.RunSettings;
import llava4j.eval.Shard;
import llava4j.eval.Tasks;
import llava4j.eval.task.Answer;
import llava4j.eval.task.Task;
import llava4j.eval.task.TaskName;
import llava4j.eval.tiny.TinyBenchmarks;
import org.apache.spark.ExceptionFailure;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/// Two executors in processes of their own: one lacks a model, a benchmark is asked on both, and
/// one is killed in the middle.
///
/// `make spark-test` runs it with 2000 rows, of which most time goes to answers, not to starting.
@Tag("slow")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ClusterTest {
  private static final int ROWS = Integer.getInteger("llava4j.spark.rows", 50);
  private static final int ROWS_PER_TASK = 10;

  private SparkSession spark;

  private static LlavaTransformer transformer() {
    LlavaTransformer transformer = new LlavaTransformer();
    transformer
        .setModel(Cluster.TINY)
        .setThreads(1)
        .setImageCol("image")
        .setPromptCol("question")
        .setMaxNewTokens(24);
    return transformer;
  }

  @BeforeAll
  void start() throws IOException, InterruptedException {
    spark = Cluster.ofProcesses(2);
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
    int driver = 1; // counts, too
    while (spark.sparkContext().statusTracker().getExecutorInfos().length < 2 + driver) {
      assertThat(System.nanoTime()).as("time until both executors have come").isLessThan(end);
      Thread.sleep(100);
    }
  }

  @AfterAll
  void stop() {
    spark.stop();
  }

  /// The others' model is at a path that only one executor has: in its own folder.
  @Test
  @Order(1)
  void anExecutorWithoutTheModelIsNamedAndTheOtherAnswers() throws IOException {
    List<Path> folders;
    try (Stream<Path> tree = Files.walk(Path.of(System.getenv("SPARK_HOME"), "work"), 2)) {
      String application = spark.sparkContext().applicationId();
      folders = tree.filter(path -> path.getParent().endsWith(application)).sorted().toList();
    }
    assertThat(folders).hasSize(2);
    Files.createSymbolicLink(folders.getFirst().resolve("lonely"), Path.of(Cluster.TINY));
    Reasons reasons = new Reasons();
    spark.sparkContext().addSparkListener(reasons);
    LlavaTransformer transformer = transformer();
    transformer.setModel("lonely");
    List<Row> rows =
        answered(spark, transformer, DrawnRows.of(30), "one of two executors has the model");

    assertThat(rows).hasSize(30);
    assertThat(reasons.texts).isNotEmpty();
    assertThat(reasons.texts)
        .allSatisfy(text ->
            assertThat(text)
                .containsPattern("executor \\d on host \\S+: 'lonely' is missing there"));
    spark.sparkContext().removeSparkListener(reasons);
  }

  @Test
  @Order(2)
  void aBenchmarkHasTheSameAnswersAndScoreAsAlone(@TempDir Path folder) throws IOException {
    Path data = folder.resolve("data");
    TinyBenchmarks.write(data);
    ModelSettings model = ModelSettings.of(Cluster.TINY).withThreads(1);
    SparkEvaluation evaluation =
        new SparkEvaluation(spark, model).withMaxNewTokens(8).withQuestionsPerJob(40);
    for (TaskName name : List.of(TaskName.MME, TaskName.POPE)) {
      EvalResult together = evaluation.run(name, data, folder.resolve("spark"), (_, _) -> {});
      EvalResult alone = alone(Tasks.open(name, data), model, folder.resolve("alone"));

      assertThat(together.answers()).isEqualTo(alone.answers()).isNotEmpty();
      assertThat(together.score()).isEqualTo(alone.score()).isPresent();
      String answers = name.word() + ".jsonl";
      assertThat(folder.resolve("spark").resolve(answers))
          .hasSameTextualContentAs(folder.resolve("alone").resolve(answers));
      System.out.printf(
          "%s over executors: %d answers, score %s%n",
          name.word(), together.answers().size(), together.score().orElseThrow().value());
    }
  }

  private static EvalResult alone(Task task, ModelSettings model, Path out) {
    LoadOptions options = model.loadOptions();
    try (Llava llava = Llava.load(model.model(), options)) {
      LoadedModel loaded = new LoadedModel(model, llava, options);
      RunSettings settings = RunSettings.of(task, AnswerQuestions.asked(loaded, 8));
      new EvalRun(task, settings, out, Shard.whole(), 4)
          .run(new ModelAnswerer(llava, settings.asked()), (_, _) -> {});
      List<Answer> answers = EvalRun.collect(task, out, settings, 1);
      return new EvalResult(task, settings, answers, task.score(answers));
    }
  }

  @Test
  @Order(3)
  void trainingDataHasTheSameProblemsAsAlone(@TempDir Path folder) throws Exception {
    Files.writeString(folder.resolve("broken.png"), "no image");
    Files.copy(Cluster.CHECKOUT.resolve("examples/images/moon.png"), folder.resolve("moon.jpg"));
    StringBuilder lines = new StringBuilder();
    List<String> images = List.of("moon.jpg", "broken.png", "lost.png");
    for (int i = 0; i < 30; i++) {
      lines.append(
          "{\"id\":\"%d\",\"image\":\"%s\",\"conversations\":[{\"from\":\"human\",\"value\":\"<image>\\nwhat\"},{\"from\":\"gpt\",\"value\":\"this\"}]}%n"
              .formatted(i % 25, images.get(i % 3)));
    }
    lines.append("{\"id\":\"x\",\"conversations\":7}\n");
    Path file = Files.writeString(folder.resolve("samples.jsonl"), lines);
    List<Object> alone = found(new DataCheck(folder, Optional.empty(), 1), file);
    List<Object> together = found(new DataCheck(new SparkDataCheck(spark, folder, 12)), file);

    assertThat(together).isEqualTo(alone).hasSize(1 + 30 + 5);
  }

  private static List<Object> found(DataCheck check, Path file) throws InterruptedException {
    List<Object> found = new ArrayList<>();
    check.run(
        file,
        DataCheck.Progress.NONE,
        List.of(
            new CheckListener() {
              @Override
              public void onBroken(List<Finding> findings) {
                found.addAll(findings);
              }

              @Override
              public void onSample(CheckedSample sample) {
                found.addAll(sample.findings());
              }
            }));
    return found;
  }

  @Test
  @Order(4)
  void nothingIsLostDoubledOrChangedWhenAnExecutorIsKilled() throws InterruptedException {
    List<Row> rows = DrawnRows.of(ROWS);
    List<Row> together = answered(spark, transformer(), rows, "two executors");
    Killer killer = new Killer(ROWS / ROWS_PER_TASK / 4);
    spark.sparkContext().addSparkListener(killer);
    List<Row> interrupted =
        answered(spark, transformer(), rows, "two executors, one of them killed");
    killer.requireDone();
    spark.stop();
    spark = Cluster.local(1);
    List<Row> alone = answered(spark, transformer(), rows, "one process");

    assertThat(interrupted).isEqualTo(together).isEqualTo(alone);
    assertThat(alone).extracting(row -> row.getInt(0)).doesNotHaveDuplicates().hasSize(ROWS);
    assertThat(alone.stream().filter(row -> !row.isNullAt(5))).hasSize(ROWS / 25);
    assertThat(alone.stream().map(row -> row.getString(1)).distinct().count()).isGreaterThan(10);
  }

  private static List<Row> answered(
      SparkSession spark, LlavaTransformer transformer, List<Row> rows, String what) {
    long start = System.nanoTime();
    List<Row> answers =
        transformer
            .transform(DrawnRows.in(spark, rows, Math.max(2, rows.size() / ROWS_PER_TASK)))
            .drop("image", "question")
            .collectAsList()
            .stream()
            .sorted(Comparator.comparingInt((Row row) -> row.getInt(0)))
            .toList();
    double seconds = (System.nanoTime() - start) / 1e9;
    System.out.printf(
        Locale.ROOT,
        "%s: %d rows in %.1f s, %.1f rows/s; %s%n",
        what,
        rows.size(),
        seconds,
        rows.size() / seconds,
        transformer.workDone());
    return answers;
  }

  /// Why tasks failed.
  private static final class Reasons extends SparkListener {
    private final List<String> texts = Collections.synchronizedList(new ArrayList<>());

    @Override
    public void onTaskEnd(SparkListenerTaskEnd end) {
      if (end.reason() instanceof ExceptionFailure failure) {
        texts.add(failure.description());
      }
    }
  }

  /// Kills one executor when some tasks have ended. The others are still running or to come.
  private static final class Killer extends SparkListener {
    private final AtomicInteger tasks;
    private final CountDownLatch lost = new CountDownLatch(1);
    private final CountDownLatch failed = new CountDownLatch(1);

    Killer(int tasks) {
      this.tasks = new AtomicInteger(tasks);
    }

    @Override
    public void onTaskEnd(SparkListenerTaskEnd end) {
      if (!end.taskInfo().successful()) {
        failed.countDown();
      }
      if (tasks.decrementAndGet() == 0) {
        ProcessHandle.current()
            .descendants()
            .filter(process -> process.info().command().orElse("").endsWith("java"))
            .findFirst()
            .orElseThrow()
            .destroyForcibly();
      }
    }

    @Override
    public void onExecutorRemoved(SparkListenerExecutorRemoved removed) {
      lost.countDown();
    }

    void requireDone() throws InterruptedException {
      assertThat(lost.await(10, TimeUnit.SECONDS)).as("Spark lost an executor").isTrue();
      assertThat(failed.await(10, TimeUnit.SECONDS)).as("a task was lost with it").isTrue();
    }
  }
}
