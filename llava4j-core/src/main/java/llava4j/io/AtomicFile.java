package llava4j.io;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.UUID;
import llava4j.error.BadInputException;

/// A file that appears whole or not at all: written aside, forced to the disk, then renamed. What
/// stood there stays until the new content is whole; closed before [#commit], it leaves nothing
/// behind.
public final class AtomicFile implements AutoCloseable {
  private static final int BUFFER = 1 << 20;
  private static final String ASIDE = ".part";

  private final Path path;
  private final Path aside;
  private final OutputStream out;
  private boolean committed;

  /// Writes the content of a file.
  public interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  private AtomicFile(Path path, Path aside) {
    this.path = path;
    this.aside = aside;
    try {
      Files.createDirectories(path.toAbsolutePath().getParent());
      // unlike that of a channel, this stream does not mind an interrupt
      this.out = new BufferedOutputStream(Files.newOutputStream(aside), BUFFER);
    } catch (IOException e) {
      throw unwritable(path, e);
    }
  }

  /// Begins a file that one writer writes at a time, and its missing folders. What a killed writer
  /// left aside is written over.
  ///
  /// @throws BadInputException if the place cannot be written
  public static AtomicFile open(Path path) {
    AtomicFile file = new AtomicFile(path, path.resolveSibling(path.getFileName() + ASIDE));
    file.aside.toFile().deleteOnExit(); // when the user stops the program
    return file;
  }

  /// As [#open], for a file that several processes may write at once: the last one to commit wins.
  public static AtomicFile openAmongMany(Path path) {
    return new AtomicFile(
        path, path.resolveSibling(path.getFileName() + "." + UUID.randomUUID() + ASIDE));
  }

  /// Writes a file and its missing folders.
  public static void write(Path path, Content content) {
    try (AtomicFile file = new AtomicFile(path, path.resolveSibling(path.getFileName() + ASIDE))) {
      try {
        content.writeTo(file.out);
      } catch (IOException e) {
        throw unwritable(path, e);
      }
      file.commit();
    }
  }

  /// Writes a text as UTF-8.
  public static void writeText(Path path, String text) {
    write(path, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }

  /// The sentence about a file that could not be written.
  public static BadInputException unwritable(Path path, IOException e) {
    return new BadInputException(
        path + " cannot be written: " + reason(e) + "; free some space or name another place", e);
  }

  /// Java says the path alone where a permission or a folder is missing.
  private static String reason(IOException e) {
    return switch (e) {
      case AccessDeniedException _ -> "permission denied";
      case NoSuchFileException _ -> "its folder does not exist";
      case FileSystemException known when known.getReason() != null -> known.getReason();
      default -> String.valueOf(e.getMessage());
    };
  }

  /// Takes the content, through a buffer; closing it does nothing that [#commit] would not do.
  public OutputStream out() {
    return out;
  }

  /// Appends bytes.
  public void write(byte[] bytes) {
    write(ByteBuffer.wrap(bytes));
  }

  /// Appends what remains of a buffer, on the heap or outside.
  public void write(ByteBuffer bytes) {
    try {
      if (bytes.hasArray()) {
        out.write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
        bytes.position(bytes.limit());
      }
      byte[] some = new byte[Math.min(BUFFER, bytes.remaining())];
      while (bytes.hasRemaining()) {
        int count = Math.min(some.length, bytes.remaining());
        bytes.get(some, 0, count);
        out.write(some, 0, count);
      }
    } catch (IOException e) {
      throw unwritable(path, e);
    }
  }

  /// Ends the content, waits until it is on the disk, and gives the file its name.
  public void commit() {
    commit(true);
  }

  /// As [#commit], without waiting for the disk: for a file whose readers check its content.
  public void commitUnforced() {
    commit(false);
  }

  private void commit(boolean force) {
    try {
      out.close();
      if (force) {
        // a channel would be closed by an interrupt
        try (RandomAccessFile written = new RandomAccessFile(aside.toFile(), "rw")) {
          written.getFD().sync();
        }
      }
      Files.move(aside, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      committed = true;
    } catch (IOException e) {
      throw unwritable(path, e);
    }
  }

  @Override
  public void close() {
    if (committed) {
      return;
    }
    try {
      out.close();
    } catch (IOException e) {
      // what is written goes away with the file
    }
    try {
      Files.deleteIfExists(aside);
    } catch (IOException e) {
      // what matters is the failure that led here
    }
  }
}
