package llava4j.spark;

import java.io.Serializable;
import org.apache.spark.sql.Row;

/// Reads what a row asks.
record RowReader(ImageColumn images, PromptColumns prompt) implements Serializable {

  /// @throws llava4j.error.BadInputException if the row cannot be read
  RowQuestion read(Row row) {
    return new RowQuestion(prompt.of(row), images.of(row));
  }
}
