package llava4j.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.spark.sql.SparkSession;

/// Sparks for tests.
final class Cluster {
  static final Path CHECKOUT = Path.of("").toAbsolutePath().getParent();
  static final String TINY = CHECKOUT.resolve("models/llava-tiny").toString();

  private Cluster() {}

  /// Tasks in this process.
  static SparkSession local(int tasks) {
    return settings().master("local[" + tasks + "]").getOrCreate();
  }

  /// Executors in processes of their own, with one core each.
  static SparkSession ofProcesses(int executors) throws IOException {
    // the workers start no executor without the folder, though the class path below has all jars
    Files.createDirectories(Path.of(System.getenv("SPARK_HOME"), "jars"));
    return settings()
        .master("local-cluster[" + executors + ",1,1024]")
        .config("spark.executor.memory", "1g")
        .config("spark.executor.extraClassPath", System.getProperty("java.class.path"))
        // a task that failed is tried on the other executor
        .config("spark.excludeOnFailure.enabled", "true")
        // and the executor that failed is used again by the next test
        .config("spark.excludeOnFailure.application.maxFailedTasksPerExecutor", "1000")
        .config("spark.executor.extraJavaOptions", "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0")
        .getOrCreate();
  }

  private static SparkSession.Builder settings() {
    return SparkSession.builder()
        .config("spark.ui.enabled", "false")
        // a machine that stands still for minutes is no lost executor
        .config("spark.network.timeout", "1h")
        .config("spark.worker.timeout", "3600")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.warehouse.dir", Path.of("target/warehouse").toAbsolutePath().toString());
  }
}
