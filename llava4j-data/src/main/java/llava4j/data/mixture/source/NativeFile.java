package llava4j.data.mixture.source;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import llava4j.error.BadInputException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A JSON file of a source, as published by its authors. It is read row by row, so it may be larger
/// than memory.
public final class NativeFile {
  private static final int BUFFER = 1 << 20;

  private final JsonMapper json = new JsonMapper();
  private final Path path;
  private final String expected;
  private final LongConsumer progress;

  /// @param expected description of the right file, for messages
  /// @param progress receives the number of bytes of each read
  public NativeFile(Path path, String expected, LongConsumer progress) {
    this.path = path;
    this.expected = expected;
    this.progress = progress;
  }

  Path path() {
    return path;
  }

  /// The exception for a file with unexpected content.
  BadInputException wrong(String what) {
    return new BadInputException(path + ": " + what + "; expected: " + expected);
  }

  /// Reads a file that is one list of rows.
  void rows(Consumer<NativeRow> rows) {
    parse(parser -> {
      if (parser.nextToken() != JsonToken.START_ARRAY) {
        throw wrong("it is not a list");
      }
      readList(parser, "", rows);
    });
  }

  /// Reads a file that is one object, with a row as the value of each key.
  void entries(BiConsumer<String, NativeRow> entries) {
    parse(parser -> {
      requireObject(parser);
      for (String key = parser.nextName(); key != null; key = parser.nextName()) {
        parser.nextToken();
        NativeRow row = new NativeRow(this, "'" + key + "'", parser.readValueAsTree());
        entries.accept(key, row.requireObject());
      }
    });
  }

  /// Reads a file that is one object with lists of rows among its values.
  ///
  /// @param lists the lists to read, by key; each must exist
  /// @param header receives the values that are not lists
  void sections(Map<String, Consumer<NativeRow>> lists, BiConsumer<String, JsonNode> header) {
    Set<String> seen = new HashSet<>();
    parse(parser -> {
      requireObject(parser);
      for (String key = parser.nextName(); key != null; key = parser.nextName()) {
        JsonToken start = parser.nextToken();
        if (lists.containsKey(key)) {
          if (start != JsonToken.START_ARRAY) {
            throw wrong("it has no list in '" + key + "'");
          }
          seen.add(key);
          readList(parser, key, lists.get(key));
        } else if (start == JsonToken.START_ARRAY) {
          parser.skipChildren();
        } else {
          header.accept(key, parser.readValueAsTree());
        }
      }
    });
    for (String key : lists.keySet()) {
      if (!seen.contains(key)) {
        throw wrong("it has no '" + key + "'");
      }
    }
  }

  /// Reads rows up to the end of the current list. The parser reports a file that ends earlier as
  /// invalid JSON.
  private void readList(JsonParser parser, String list, Consumer<NativeRow> rows) {
    String place = list.isEmpty() ? "row " : list + " row ";
    JsonToken token = parser.nextToken();
    for (int number = 0; token != JsonToken.END_ARRAY; number++) {
      NativeRow row = new NativeRow(this, place + number, parser.readValueAsTree());
      rows.accept(row.requireObject());
      token = parser.nextToken();
    }
  }

  private void requireObject(JsonParser parser) {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      throw wrong("it is not a JSON object");
    }
  }

  private void parse(Consumer<JsonParser> content) {
    try (InputStream in =
            new CountedStream(
                new BufferedInputStream(Files.newInputStream(path), BUFFER), progress);
        JsonParser parser = json.createParser(in)) {
      content.accept(parser);
    } catch (JacksonException e) {
      throw new BadInputException(
          path
              + " is not valid JSON near byte "
              + e.getLocation().getByteOffset()
              + ": "
              + e.getOriginalMessage()
              + "; download it again",
          e);
    } catch (IOException e) {
      throw new BadInputException(path + " cannot be read: " + e.getMessage(), e);
    }
  }

  /// Reports the number of bytes read.
  private static final class CountedStream extends java.io.FilterInputStream {
    private final LongConsumer progress;

    CountedStream(InputStream in, LongConsumer progress) {
      super(in);
      this.progress = progress;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int read = in.read(bytes, offset, length);
      progress.accept(Math.max(0, read));
      return read;
    }
  }
}
