package llava4j.spark;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import llava4j.error.BadInputException;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.internal.SQLConf;
import org.apache.spark.sql.types.StructType;

/// Compares names of columns as Spark does: ignoring case, unless `spark.sql.caseSensitive` is on.
record ColumnNames(boolean caseSensitive) {

  static ColumnNames of(SparkSession spark) {
    return new ColumnNames(Boolean.parseBoolean(spark.conf().get("spark.sql.caseSensitive")));
  }

  /// As the active session does, or as Spark does by default if there is none.
  static ColumnNames ofActiveSession() {
    return new ColumnNames(SQLConf.get().caseSensitiveAnalysis());
  }

  /// What is equal for names that stand for the same column.
  String key(String name) {
    return caseSensitive ? name : name.toLowerCase(Locale.ROOT);
  }

  boolean isIn(StructType schema, String name) {
    return !indices(schema, name).isEmpty();
  }

  /// The index of the column that a parameter names.
  ///
  /// @throws BadInputException if there is no such column, or more than one
  int index(StructType schema, String name, String param) {
    List<Integer> found = indices(schema, name);
    if (found.isEmpty()) {
      throw new BadInputException(
          "there is no column '"
              + name
              + "', which "
              + param
              + " names; there are "
              + String.join(", ", schema.fieldNames()));
    }
    if (found.size() > 1) {
      throw new BadInputException(
          "there are "
              + found.size()
              + " columns '"
              + name
              + "', which "
              + param
              + " names; rename or drop all but one");
    }
    return found.getFirst();
  }

  private List<Integer> indices(StructType schema, String name) {
    List<Integer> found = new ArrayList<>();
    String[] names = schema.fieldNames();
    for (int i = 0; i < names.length; i++) {
      if (key(names[i]).equals(key(name))) {
        found.add(i);
      }
    }
    return found;
  }
}
