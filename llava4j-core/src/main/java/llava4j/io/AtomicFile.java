package llava4j.io;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import llava4j.error.BadInputException;

/// Files that appear whole or not at all: written aside, forced to the disk, then renamed.
public final class AtomicFile {
  private static final int BUFFER = 1 << 20;

  private AtomicFile() {}

  /// Writes the content of a file.
  public interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  /// Writes a file and its missing folders. What stood there stays until the new content is whole.
  public static void write(Path path, Content content) {
    Path aside = path.resolveSibling(path.getFileName() + ".part");
    try {
      Files.createDirectories(path.toAbsolutePath().getParent());
      try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(aside), BUFFER)) {
        content.writeTo(out);
      }
      try (FileChannel channel = FileChannel.open(aside, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      Files.move(aside, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      deleteQuietly(aside);
      throw new BadInputException(
          path
              + " cannot be written: "
              + e.getMessage()
              + "; free some space or name another folder",
          e);
    } catch (RuntimeException e) {
      deleteQuietly(aside);
      throw e;
    }
  }

  /// Writes a text as UTF-8.
  public static void writeText(Path path, String text) {
    write(path, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static void deleteQuietly(Path path) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      // what matters is the first failure
    }
  }
}
