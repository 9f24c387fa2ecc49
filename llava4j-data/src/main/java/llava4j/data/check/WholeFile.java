package llava4j.data.check;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import llava4j.error.BadInputException;

/// A file that appears complete or not at all: it is written under a temporary name and renamed
/// when it is complete. If it is closed before that, nothing remains.
final class WholeFile implements AutoCloseable {
  private static final int BUFFER = 1 << 20;

  private final Path path;
  private final Path aside;
  private final OutputStream out;
  private boolean closed;

  WholeFile(Path path) {
    this.path = path;
    this.aside = path.resolveSibling(path.getFileName() + ".part");
    try {
      Files.createDirectories(path.toAbsolutePath().getParent());
      this.out = new BufferedOutputStream(Files.newOutputStream(aside), BUFFER);
    } catch (IOException e) {
      throw failed(e);
    }
    aside.toFile().deleteOnExit(); // if the user stops the program
  }

  void write(byte[] bytes) {
    try {
      out.write(bytes, 0, bytes.length);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /// Finishes the file and gives it its final name.
  void complete() {
    try {
      out.close();
      closed = true;
      try (FileChannel channel = FileChannel.open(aside, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      Files.move(aside, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  @Override
  public void close() {
    try {
      if (!closed) {
        closed = true;
        out.close();
      }
      Files.deleteIfExists(aside);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private BadInputException failed(IOException e) {
    return new BadInputException(
        path + " cannot be written: " + e.getMessage() + "; free some space or choose another file",
        e);
  }
}
