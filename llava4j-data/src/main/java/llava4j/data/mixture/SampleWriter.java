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

/// Writes samples in LLaVA's JSON format: one array in UTF-8, one sample per line. The file is
/// written under a temporary name and renamed by [#commit], so an incomplete file is never visible.
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

  /// Starts a file. The caller closes the result.
  ///
  /// @throws BadInputException if the file cannot be written
  public static SampleWriter open(Path path) {
    if (Files.isDirectory(path) || path.getFileName() == null) {
      throw new BadInputException(path + " is a folder; choose a file name");
    }
    Path aside = path.resolveSibling(path.getFileName() + ".part");
    try {
      Files.createDirectories(path.toAbsolutePath().getParent());
      return new SampleWriter(path, aside, Files.newBufferedWriter(aside));
    } catch (IOException e) {
      throw unwritable(path, e);
    }
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
    try {
      out.write(count == 0 ? "[\n" : ",\n");
      out.write(json.writeValueAsString(object));
    } catch (IOException e) {
      throw unwritable(path, e);
    }
    count++;
  }

  /// Ends the array and gives the file its final name.
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

  /// Closes the file; without [#commit] it is deleted.
  @Override
  public void close() {
    if (committed) {
      return;
    }
    try {
      out.close();
    } catch (IOException _) {
      // the file is deleted below
    }
    try {
      Files.deleteIfExists(aside);
    } catch (IOException _) {
      // the failure that led here is the one to report
    }
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

  private static BadInputException unwritable(Path path, IOException e) {
    return new BadInputException(
        path + " cannot be written: " + e.getMessage() + "; free some space or choose another file",
        e);
  }
}
