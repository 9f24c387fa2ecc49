package llava4j.data.mixture;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import llava4j.data.Sample;
import llava4j.data.Turn;
import llava4j.error.BadInputException;
import llava4j.io.AtomicFile;
import tools.jackson.databind.json.JsonMapper;

/// Writes samples in LLaVA's JSON format: one array in UTF-8, one sample per line. The file is
/// written under a temporary name and renamed by [#commit], so an incomplete file is never visible.
public final class SampleWriter implements AutoCloseable {
  private final JsonMapper json = new JsonMapper();
  private final AtomicFile file;
  private long count;

  private SampleWriter(AtomicFile file) {
    this.file = file;
  }

  /// Starts a file. The caller closes the result.
  ///
  /// @throws BadInputException if the file cannot be written
  public static SampleWriter open(Path path) {
    if (Files.isDirectory(path) || path.getFileName() == null) {
      throw new BadInputException(path + " is a folder; choose a file name");
    }
    return new SampleWriter(AtomicFile.open(path));
  }

  /// Number of samples written so far.
  public long count() {
    return count;
  }

  /// Appends a sample, whose turns must be of human or gpt.
  ///
  /// @throws BadInputException if the file cannot be written
  public void write(Sample sample) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("id", replaceSurrogates(sample.id()));
    sample.image().ifPresent(image -> object.put("image", replaceSurrogates(image)));
    List<Map<String, String>> turns = new ArrayList<>();
    for (Turn turn : sample.turns()) {
      Map<String, String> turnObject = new LinkedHashMap<>();
      turnObject.put("from", speaker(turn));
      turnObject.put("value", replaceSurrogates(turn.text()));
      turns.add(turnObject);
    }
    object.put("conversations", turns);
    write(count == 0 ? "[\n" : ",\n");
    write(json.writeValueAsString(object));
    count++;
  }

  /// Ends the array and gives the file its final name.
  public void commit() {
    write(count == 0 ? "[]\n" : "\n]\n");
    file.commit();
  }

  /// Closes the file; without [#commit] it is deleted.
  @Override
  public void close() {
    file.close();
  }

  private void write(String text) {
    file.write(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String speaker(Turn turn) {
    return switch (turn.speaker()) {
      case HUMAN -> "human";
      case GPT -> "gpt";
      case OTHER -> throw new IllegalArgumentException("a turn of neither human nor gpt");
    };
  }

  /// Replaces unpaired surrogates, which some sources contain and which are not valid text, by
  /// U+FFFD.
  private static String replaceSurrogates(String text) {
    boolean broken = text.codePoints().anyMatch(SampleWriter::isSurrogate);
    return broken
        ? text.codePoints()
            .map(point -> isSurrogate(point) ? 0xFFFD : point)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString()
        : text;
  }

  private static boolean isSurrogate(int point) {
    return point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE;
  }
}
