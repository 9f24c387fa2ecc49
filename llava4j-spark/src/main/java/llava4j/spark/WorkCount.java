package llava4j.spark;

import java.io.Serializable;
import org.apache.spark.SparkContext;
import org.apache.spark.util.LongAccumulator;

/// Accumulators of a transformer. Spark's page of a stage shows them under these names while it
/// runs.
final class WorkCount implements Serializable {
  private final String application;
  private final LongAccumulator rows;
  private final LongAccumulator failedRows;
  private final LongAccumulator promptTokens;
  private final LongAccumulator generatedTokens;

  WorkCount(SparkContext context, String name) {
    this.application = context.applicationId();
    this.rows = context.longAccumulator(name + " rows");
    this.failedRows = context.longAccumulator(name + " failed rows");
    this.promptTokens = context.longAccumulator(name + " prompt tokens");
    this.generatedTokens = context.longAccumulator(name + " generated tokens");
  }

  boolean isIn(SparkContext other) {
    return application.equals(other.applicationId());
  }

  /// Counts a row; on the task's thread.
  void add(RowAnswer answer) {
    rows.add(1);
    if (answer.error() != null) {
      failedRows.add(1);
    } else {
      promptTokens.add(answer.promptTokens().longValue());
      generatedTokens.add(answer.generatedTokens().longValue());
    }
  }

  WorkDone done() {
    return new WorkDone(
        rows.value(), failedRows.value(), promptTokens.value(), generatedTokens.value());
  }
}
