package llava4j.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Two executors in processes of their own, of which one is killed in the middle: every row is
/// answered once, and as one process answers it.
///
/// `make spark-test` runs it with 2000 rows.
@Tag("slow")
class KilledExecutorTest {
  private static final int ROWS = Integer.getInteger("llava4j.spark.rows", 150);
  private static final int PARTITIONS = 20;

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

  @Test
  void nothingIsLostDoubledOrChanged() throws Exception {
    List<Row> rows = DrawnRows.of(ROWS);
    List<Row> alone;
    try (SparkSession spark = Cluster.local(1)) {
      alone = answered(spark, rows, "one process");
    }
    List<Row> together;
    try (SparkSession spark = Cluster.ofProcesses(2)) {
      answered(spark, rows.subList(0, 4), "two executors, start"); // both load the model
      together = answered(spark, rows, "two executors");
      Killer killer = new Killer(PARTITIONS / 4);
      spark.sparkContext().addSparkListener(killer);
      List<Row> interrupted = answered(spark, rows, "two executors, one of them killed");
      killer.requireDone();

      assertThat(interrupted).isEqualTo(together);
    }

    assertThat(together).isEqualTo(alone);
    assertThat(alone).extracting(row -> row.getInt(0)).doesNotHaveDuplicates().hasSize(ROWS);
    assertThat(alone.stream().filter(row -> !row.isNullAt(5))).hasSize(ROWS / 25);
    assertThat(alone.stream().map(row -> row.getString(1)).distinct().count()).isGreaterThan(10);
  }

  private static List<Row> answered(SparkSession spark, List<Row> rows, String what) {
    long start = System.nanoTime();
    LlavaTransformer transformer = transformer();
    List<Row> answers =
        transformer
            .transform(DrawnRows.in(spark, rows, PARTITIONS))
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

  /// Kills one executor when some tasks have ended. The others are still running or to come.
  private static final class Killer extends SparkListener {
    private final AtomicInteger tasks;
    private final CountDownLatch lost = new CountDownLatch(1);
    private final AtomicInteger failed = new AtomicInteger();

    Killer(int tasks) {
      this.tasks = new AtomicInteger(tasks);
    }

    @Override
    public void onTaskEnd(SparkListenerTaskEnd end) {
      if (!end.taskInfo().successful()) {
        failed.incrementAndGet();
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
      assertThat(failed).as("tasks that were lost and tried again").hasPositiveValue();
    }
  }
}
