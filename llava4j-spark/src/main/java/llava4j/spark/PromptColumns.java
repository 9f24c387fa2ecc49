package llava4j.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llava4j.error.BadInputException;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.types.TimestampType;

/// The question of a row: texts, and between them the values of columns.
///
/// @param texts one more than there are columns
/// @param names of the columns
/// @param columns their indices
record PromptColumns(List<String> texts, List<String> names, List<Integer> columns)
    implements Serializable {
  private static final Pattern PART = Pattern.compile("\\{\\{|}}|\\{([^{}]*)}|[{}]");

  PromptColumns {
    texts = List.copyOf(texts);
    names = List.copyOf(names);
    columns = List.copyOf(columns);
  }

  /// A column that is the whole question.
  ///
  /// @param known how names are compared
  /// @throws BadInputException if there is no such column of texts
  static PromptColumns column(StructType schema, ColumnNames known, String name) {
    int index = known.index(schema, name, "promptCol");
    DataType type = schema.fields()[index].dataType();
    if (!(type instanceof StringType)) {
      throw new BadInputException(
          "column '" + name + "' is of type " + type.catalogString() + "; promptCol must be text");
    }
    return new PromptColumns(List.of("", ""), List.of(name), List.of(index));
  }

  /// A text with names of columns in braces.
  ///
  /// @param known how names are compared
  /// @throws BadInputException if there is no such column, its values have no text that is the same
  ///   everywhere, or a brace is alone
  static PromptColumns template(StructType schema, ColumnNames known, String template) {
    List<String> texts = new ArrayList<>();
    List<String> names = new ArrayList<>();
    List<Integer> columns = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    Matcher part = PART.matcher(template);
    while (part.find()) {
      part.appendReplacement(text, "");
      String found = part.group();
      if (part.group(1) != null) {
        texts.add(text.toString());
        text.setLength(0);
        names.add(part.group(1));
        columns.add(plain(schema, known, part.group(1)));
      } else if (found.length() == 2) {
        text.append(found.charAt(0));
      } else {
        throw new BadInputException(
            "prompt has a single '" + found + "'; write it twice, or a column's name in braces");
      }
    }
    part.appendTail(text);
    texts.add(text.toString());
    return new PromptColumns(texts, names, columns);
  }

  private static int plain(StructType schema, ColumnNames known, String name) {
    int index = known.index(schema, name, "prompt");
    DataType type = schema.fields()[index].dataType();
    if (type instanceof StructType
        || type instanceof ArrayType
        || type instanceof MapType
        || type instanceof BinaryType) {
      throw new BadInputException(
          "column '"
              + name
              + "' in the prompt is of type "
              + type.catalogString()
              + "; name a column of texts or numbers");
    }
    if (type instanceof TimestampType) {
      throw new BadInputException(
          "column '"
              + name
              + "' in the prompt is a timestamp, whose text depends on the executor's time zone; make"
              + " a column of texts of it with date_format");
    }
    return index;
  }

  /// The question of a row.
  ///
  /// @throws BadInputException if a column is null
  String of(Row row) {
    StringBuilder text = new StringBuilder(texts.getFirst());
    for (int i = 0; i < columns.size(); i++) {
      if (row.isNullAt(columns.get(i))) {
        throw new BadInputException(
            "the question lacks a text: column '" + names.get(i) + "' is null");
      }
      text.append(row.get(columns.get(i))).append(texts.get(i + 1));
    }
    return text.toString();
  }
}
