package llava4j.eval.task;

import java.io.IOException;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import llava4j.error.BadInputException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.dataformat.csv.CsvMapper;
import tools.jackson.dataformat.csv.CsvReadFeature;
import tools.jackson.dataformat.csv.CsvSchema;

/// A tab-separated table as pandas reads it. A field may be in double quotes; then it may contain
/// line breaks, and quotes within it are doubled.
///
/// @param rows column to text
/// @param fields for each row, the field that was left in the file
record TsvTable(
    List<String> columns, List<Map<String, String>> rows, List<Optional<Field>> fields) {
  private static final int SHORT = 64;

  /// The texts that pandas reads as a missing value.
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

  /// A field that stays in the file, because the images of a whole benchmark do not fit into
  /// memory.
  ///
  /// @param offset of its first byte, or of the quotation mark before it
  /// @param length in bytes
  record Field(long offset, int length) {}

  /// @param outside the column whose fields stay in the file; short fields, which may not be
  ///   images, are also in the row
  static TsvTable read(Path file, String outside) {
    List<String> columns = new ArrayList<>();
    List<Map<String, String>> rows = new ArrayList<>();
    List<Optional<Field>> fields = new ArrayList<>();
    try (Reader text = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1);
        JsonParser parser = parser(text)) {
      parser.nextToken(); // all rows
      while (parser.nextToken() == JsonToken.START_ARRAY) {
        List<String> record = new ArrayList<>();
        Optional<Field> field = Optional.empty();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          String value = parser.getString();
          boolean stays = record.size() == columns.indexOf(outside);
          if (stays && !value.isEmpty()) {
            long offset = parser.currentTokenLocation().getCharOffset();
            field = Optional.of(new Field(offset, value.length()));
          }
          record.add(stays && value.length() > SHORT ? "" : utf8(value));
        }
        if (columns.isEmpty()) {
          columns.addAll(record);
          columns.set(
              0, columns.getFirst().replace("\uFEFF", "")); // some editors add a byte order mark
        } else {
          rows.add(row(columns, record, rows.size(), file));
          fields.add(field);
        }
      }
    } catch (JacksonException e) {
      throw new BadInputException(
          file + " is not a tab-separated table: " + e.getOriginalMessage() + "; download it again",
          e);
    } catch (IOException e) {
      throw new BadInputException(file + " cannot be read: " + e.getMessage(), e);
    }
    if (columns.isEmpty()) {
      throw new BadInputException(file + " is empty; download it again");
    }
    return new TsvTable(columns, rows, fields);
  }

  /// Whether pandas reads the field as a missing value.
  static boolean isMissing(String field) {
    return field == null || MISSING.contains(field);
  }

  private static Map<String, String> row(
      List<String> columns, List<String> record, int number, Path file) {
    if (record.size() != columns.size()) {
      throw new BadInputException(
          file
              + ", row "
              + (number + 1)
              + ": "
              + record.size()
              + " fields instead of "
              + columns.size()
              + "; download it again");
    }
    Map<String, String> row = new LinkedHashMap<>();
    for (int i = 0; i < record.size(); i++) {
      row.put(columns.get(i), record.get(i));
    }
    return row;
  }

  private static JsonParser parser(Reader text) {
    return new CsvMapper()
        .reader()
        .with(CsvReadFeature.WRAP_AS_ARRAY)
        .with(CsvReadFeature.SKIP_EMPTY_LINES)
        .with(CsvSchema.emptySchema().withColumnSeparator('\t'))
        .createParser(text);
  }

  /// The file is read with one character per byte, so that character offsets are file offsets.
  private static String utf8(String bytes) throws CharacterCodingException {
    return StandardCharsets.UTF_8
        .newDecoder()
        .decode(ByteBuffer.wrap(bytes.getBytes(StandardCharsets.ISO_8859_1)))
        .toString();
  }
}
