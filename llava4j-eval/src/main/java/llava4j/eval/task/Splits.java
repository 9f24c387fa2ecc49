package llava4j.eval.task;

import java.util.List;

/// A benchmark's scores by part of its questions.
///
/// @param columns names of the values
/// @param rows in the order of the benchmark
public record Splits(List<String> columns, List<Row> rows) {

  /// One part.
  ///
  /// @param of what its questions are about, such as `image`; empty if there is no such difference
  /// @param questions number of its questions
  /// @param values from 0 to 100, one per column
  public record Row(String name, String of, int questions, List<Double> values) {
    public Row {
      values = List.copyOf(values);
    }
  }

  public Splits {
    columns = List.copyOf(columns);
    rows = List.copyOf(rows);
    for (Row row : rows) {
      if (row.values().size() != columns.size()) {
        throw new IllegalArgumentException(
            row.name() + " has " + row.values().size() + " values for columns " + columns);
      }
    }
  }
}
