package llava4j.spark;

import java.util.Iterator;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Row;
import org.apache.spark.util.SerializableConfiguration;
import org.apache.spark.util.TaskCompletionListener;

/// The work of a task: borrows the executor's model and answers the rows of a partition.
record AnswerRows(
    RowReader reader,
    ModelSettings model,
    AnswerSettings settings,
    int rowsInFlight,
    WorkCount count,
    Broadcast<SerializableConfiguration> hadoop)
    implements MapPartitionsFunction<Row, Row> {

  /// As many as the threads of [llava4j.AnswerThreads].
  static final int MOST_IN_FLIGHT = 16;

  @Override
  public Iterator<Row> call(Iterator<Row> rows) {
    if (!rows.hasNext()) {
      return rows; // an executor that gets no rows needs no model
    }
    Configuration configuration = hadoop.value().value(); // may fail, so before borrowing
    ExecutorModels.Borrowed borrowed = ExecutorModels.ofThisProcess().borrow(model);
    try {
      return window(rows, borrowed, configuration);
    } catch (RuntimeException | Error e) {
      borrowed.close();
      throw e;
    }
  }

  private RowWindow window(
      Iterator<Row> rows, ExecutorModels.Borrowed borrowed, Configuration configuration) {
    TaskContext task = TaskContext.get();
    RowAnswerer answerer = new RowAnswerer(borrowed.model(), settings, configuration, reader);
    RowWindow window =
        new RowWindow(rows, answerer, borrowed.model().threads(), rowsInFlight, count);
    // also if the rows are not read to their end
    task.addTaskCompletionListener(
        (TaskCompletionListener)
            _ -> {
              try (borrowed) {
                window.stop();
              }
            });
    return window;
  }
}
