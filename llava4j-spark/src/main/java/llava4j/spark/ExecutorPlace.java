package llava4j.spark;

import java.nio.file.Files;
import java.nio.file.Path;
import llava4j.error.BadInputException;
import llava4j.tensor.ThreadCount;
import org.apache.spark.SparkEnv;
import org.apache.spark.SparkFiles;
import org.apache.spark.TaskContext;
import org.apache.spark.TaskKilledException;

/// The executor that this process is.
final class ExecutorPlace {
  private ExecutorPlace() {}

  /// For messages, which the driver shows far from here.
  static String name() {
    SparkEnv spark = SparkEnv.get();
    return spark == null
        ? "this process"
        : "executor "
            + spark.executorId()
            + " on host "
            + spark.blockManager().blockManagerId().host();
  }

  /// For work between whose steps a task may have been killed.
  ///
  /// @throws TaskKilledException if this thread's task is to stop
  static void requireNotStopped() {
    TaskContext task = TaskContext.get();
    if (task != null && task.isInterrupted()) {
      throw new TaskKilledException("the task was stopped");
    }
  }

  /// Where a file or folder lies: at its path, or among those that Spark brought here.
  ///
  /// @throws BadInputException if it is in neither place
  static String find(String path) {
    if (Files.exists(Path.of(path))) {
      return path;
    }
    Path brought = SparkEnv.get() == null ? null : Path.of(SparkFiles.getRootDirectory(), path);
    if (brought != null && !Path.of(path).isAbsolute() && Files.exists(brought)) {
      return brought.toString();
    }
    throw new BadInputException(
        "'"
            + path
            + "' is missing there; put it at the same path on every machine, or send it along with"
            + " --archives or SparkContext.addFile and give its name alone");
  }

  /// The number of threads that the cluster's configuration asks for; 0 if it says nothing, or the
  /// environment says more.
  static int cores() {
    if (SparkEnv.get() == null || ThreadCount.isSet(System.getenv())) {
      return 0;
    }
    return SparkEnv.get().conf().getInt("spark.executor.cores", 0);
  }
}
