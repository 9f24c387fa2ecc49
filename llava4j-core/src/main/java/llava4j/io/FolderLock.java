package llava4j.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import llava4j.error.BadInputException;

/// That a folder belongs to one run at a time. The operating system takes the lock back when its
/// process ends, however that happens; the file stays, because who removed it could take it from
/// another run.
public final class FolderLock implements AutoCloseable {
  private static final String FILE = ".lock";

  /// Files of the locks that this process has. On Linux and macOS a process loses its lock when it
  /// closes any channel to the file, so a second one must not be opened.
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path file;
  private final FileChannel channel;

  private FolderLock(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /// Takes the lock of a folder, which is made where it is not there.
  ///
  /// @throws BadInputException if another run has it, or the folder cannot be written
  public static FolderLock take(Path folder) {
    return take(folder, FILE);
  }

  /// As [#take(Path)], for runs that share a folder where their names differ.
  ///
  /// @param name of the file that is locked
  public static FolderLock take(Path folder, String name) {
    Path real;
    try {
      real = Files.createDirectories(folder).toRealPath().resolve(name);
    } catch (IOException e) {
      throw notLocked(folder, e);
    }
    if (!HELD.add(real)) {
      throw inUse(folder);
    }
    FileChannel channel = null;
    try {
      channel = FileChannel.open(real, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (channel.tryLock() != null) {
        return new FolderLock(real, channel);
      }
    } catch (IOException e) {
      release(real, channel);
      throw notLocked(folder, e);
    }
    release(real, channel);
    throw inUse(folder);
  }

  private static BadInputException inUse(Path folder) {
    return new BadInputException(
        folder + " is in use by another run; wait for its end, or name another --out");
  }

  private static BadInputException notLocked(Path folder, IOException e) {
    return new BadInputException(
        folder
            + " cannot be locked: "
            + e.getMessage()
            + "; name an --out that can be written, on a disk whose file system has locks",
        e);
  }

  @Override
  public void close() {
    release(file, channel);
  }

  private static void release(Path file, FileChannel channelOrNull) {
    try {
      close(channelOrNull);
    } finally {
      HELD.remove(file);
    }
  }

  private static void close(FileChannel channel) {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
