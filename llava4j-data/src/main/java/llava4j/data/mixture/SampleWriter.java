package llava4j.data.mixture;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import llava4j.data.Sample;
import llava4j.data.Turn;
import llava4j.error.BadInputException;
import tools.jackson.databind.json.JsonMapper;

/// Writes samples as LLaVA's JSON: one array, in UTF-8, a sample a line. The file is written aside
/// and takes its name once [#commit] is called, so it is never seen in part.
public final class SampleWriter implements AutoCloseable {
  private final JsonMapper json = new JsonMapper();
  private final Path path;
  private final Path aside;
  private final BufferedWriter out;
  private long count;
  private boolean committed;

  private SampleWriter(Path path, Path aside, BufferedWriter out) {
    this.path = path;
    this.aside = aside;
    this.out = out;
  }

  public static SampleWriter open(Path path) {
    if (Files.isDirectory(path) || path.getFileName() == null) {
      throw new BadInputException(path + " is a folder; name the file to write");
    }
    Path aside = path.resolveSibling(path.getFileName() + ".part");
    try {
      Files.createDirectories(path.toAbsolutePath().getParent());
      return new SampleWriter(path, aside, Files.newBufferedWriter(aside));
    } catch (IOException e) {
      throw unwritable(path, e);
    }
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
    try {
      out.write(count == 0 ? "[\n" : ",\n");
      out.write(json.writeValueAsString(object));
    } catch (IOException e) {
      throw unwritable(path, e);
    }
    count++;
  }

  /// Ends the list and gives the file its name.
  public void commit() {
    try {
      out.write(count == 0 ? "[]\n" : "\n]\n");
      out.close();
      try (FileChannel channel = FileChannel.open(aside, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      Files.move(aside, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      committed = true;
    } catch (IOException e) {
      throw unwritable(path, e);
    }
  }

  /// Leaves nothing behind without [#commit].
  @Override
  public void close() {
    if (committed) {
      return;
    }
    try {
      out.close();
    } catch (IOException _) {
      // what is written goes away with the file
    }
    try {
      Files.deleteIfExists(aside);
    } catch (IOException _) {
      // what matters is the failure that led here
    }
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

  private static BadInputException unwritable(Path path, IOException e) {
    return new BadInputException(
        path + " cannot be written: " + e.getMessage() + "; free some space or name another file",
        e);
  }
}
