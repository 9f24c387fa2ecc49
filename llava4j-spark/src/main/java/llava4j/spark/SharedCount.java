package llava4j.spark;

import java.io.Serializable;
import org.apache.spark.SparkContext;

/// The counters of a transformer and its copies, such as those that pipelines make. Thread-safe.
final class SharedCount implements Serializable {
  private transient WorkCount count; // guarded by this; of the Spark where it was used last

  /// @param name of a transformer
  synchronized WorkCount in(SparkContext context, String name) {
    if (count == null || !count.isIn(context)) {
      count = new WorkCount(context, name);
    }
    return count;
  }

  synchronized WorkDone done() {
    return count == null ? new WorkDone(0, 0, 0, 0) : count.done();
  }
}
