package llava4j.eval.task;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import llava4j.error.BadInputException;

/// Reads a file to which another process appends lines. If that process was killed, the last line
/// may be incomplete; it is cut off.
public final class CompleteLines {
  private CompleteLines() {}

  /// The lines; empty if there is no file.
  public static List<String> read(Path file) {
    if (!Files.exists(file)) {
      return List.of();
    }
    try {
      byte[] bytes = Files.readAllBytes(file);
      int complete = bytes.length;
      while (complete > 0 && bytes[complete - 1] != '\n') {
        complete--;
      }
      if (complete < bytes.length) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
          channel.truncate(complete);
        }
      }
      return new String(bytes, 0, complete, StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      throw new BadInputException(file + " cannot be read: " + e.getMessage(), e);
    }
  }
}
