package llava4j.data.mixture.source;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import llava4j.error.BadInputException;
import llava4j.pickle.PickleNames;
import llava4j.pickle.PickleReader;
import tools.jackson.databind.json.JsonMapper;

/// The expressions of RefCOCO: a list in Python's pickle format, as published by its authors, or
/// the same list as JSON.
public final class RefsFile {
  private final JsonMapper json = new JsonMapper();
  private final Path path;
  private final NativeFile file;
  private final LongConsumer progress;

  /// @param path the file; JSON if its name ends with `.json`, else a pickle
  public RefsFile(Path path, String expected, LongConsumer progress) {
    this.path = path;
    this.file = new NativeFile(path, expected, progress);
    this.progress = progress;
  }

  Path path() {
    return path;
  }

  void rows(Consumer<NativeRow> rows) {
    if (path.toString().endsWith(".json")) {
      file.rows(rows);
      return;
    }
    byte[] pickle;
    try {
      pickle = Files.readAllBytes(path);
    } catch (IOException e) {
      throw new BadInputException(path + " cannot be read: " + e.getMessage(), e);
    }
    progress.accept(pickle.length);
    Object read =
        PickleReader.read(pickle, path.toString(), PickleNames.none("list of expressions"));
    if (!(read instanceof List<?> list)) {
      throw file.wrong("it is not a list");
    }
    int number = 0;
    for (Object row : list) {
      rows.accept(new NativeRow(file, "row " + number++, json.valueToTree(row)).requireObject());
    }
  }
}
