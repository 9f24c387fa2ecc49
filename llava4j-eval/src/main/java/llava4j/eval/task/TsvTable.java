package llava4j.eval.task;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import llava4j.error.BadInputException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.MappingIterator;
import tools.jackson.dataformat.csv.CsvMapper;
import tools.jackson.dataformat.csv.CsvReadFeature;
import tools.jackson.dataformat.csv.CsvSchema;

/// A tab-separated table as pandas reads it: fields may stand in double quotes, which are doubled
/// within, and may then hold line ends.
///
/// @param rows column to text
record TsvTable(List<String> columns, List<Map<String, String>> rows) {
  /// What pandas takes for a missing value.
  private static final Set<String> MISSING =
      Set.of(
          "",
          "#N/A",
          "#N/A N/A",
          "#NA",
          "-1.#IND",
          "-1.#QNAN",
          "-NaN",
          "-nan",
          "1.#IND",
          "1.#QNAN",
          "<NA>",
          "N/A",
          "NA",
          "NULL",
          "NaN",
          "None",
          "n/a",
          "nan",
          "null");

  static TsvTable parse(String text, Path file) {
    List<List<String>> records = records(text, file);
    if (records.isEmpty()) {
      throw new BadInputException(file + " is empty; get it again");
    }
    List<String> columns = records.getFirst();
    List<Map<String, String>> rows = new ArrayList<>();
    for (List<String> record : records.subList(1, records.size())) {
      if (record.size() != columns.size()) {
        throw new BadInputException(
            file
                + ", row "
                + (rows.size() + 1)
                + ": "
                + record.size()
                + " fields instead of "
                + columns.size()
                + "; get it again");
      }
      Map<String, String> row = new LinkedHashMap<>();
      for (int i = 0; i < record.size(); i++) {
        row.put(columns.get(i), record.get(i));
      }
      rows.add(row);
    }
    return new TsvTable(columns, rows);
  }

  /// Whether pandas takes the field for a missing value.
  static boolean isMissing(String field) {
    return field == null || MISSING.contains(field);
  }

  private static List<List<String>> records(String text, Path file) {
    CsvMapper mapper = new CsvMapper();
    try (MappingIterator<List<String>> records =
        mapper
            .readerForListOf(String.class)
            .with(CsvReadFeature.WRAP_AS_ARRAY)
            .with(CsvReadFeature.SKIP_EMPTY_LINES)
            .with(CsvSchema.emptySchema().withColumnSeparator('\t'))
            .readValues(text)) {
      return records.readAll();
    } catch (JacksonException e) {
      throw new BadInputException(
          file + " is no tab-separated table: " + e.getOriginalMessage() + "; get it again", e);
    }
  }
}
