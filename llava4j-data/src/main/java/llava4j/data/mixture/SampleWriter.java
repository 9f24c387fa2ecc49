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

/// Writes samples as LLaVA's JSON: one array, in UTF-8, a sample a line. The file is written aside
/// and takes its name once [#commit] is called, so it is never seen in part.
public final class SampleWriter implements AutoCloseable {
  private final JsonMapper json = new JsonMapper();
  private final AtomicFile file;
  private long count;

  private SampleWriter(AtomicFile file) {
    this.file = file;
  }

  public static SampleWriter open(Path path) {
    if (Files.isDirectory(path) || path.getFileName() == null) {
      throw new BadInputException(path + " is a folder; name the file to write");
    }
    return new SampleWriter(AtomicFile.open(path));
  }

  /// Samples written so far.
  public long count() {
    return count;
  }

  public void write(Sample sample) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("id", sound(sample.id()));
    sample.image().ifPresent(image -> object.put("image", sound(image)));
    List<Map<String, String>> turns = new ArrayList<>();
    for (Turn turn : sample.turns()) {
      Map<String, String> said = new LinkedHashMap<>();
      said.put("from", speaker(turn));
      said.put("value", sound(turn.text()));
      turns.add(said);
    }
    object.put("conversations", turns);
    write(count == 0 ? "[\n" : ",\n");
    write(json.writeValueAsString(object));
    count++;
  }

  /// Ends the list and gives the file its name.
  public void commit() {
    write(count == 0 ? "[]\n" : "\n]\n");
    file.commit();
  }

  /// Leaves nothing behind without [#commit].
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

  /// Half surrogate pairs, which some sources have, are no text and become U+FFFD.
  private static String sound(String text) {
    boolean broken = text.codePoints().anyMatch(SampleWriter::isHalf);
    return broken
        ? text.codePoints()
            .map(point -> isHalf(point) ? 0xFFFD : point)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString()
        : text;
  }

  private static boolean isHalf(int point) {
    return point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE;
  }
}
