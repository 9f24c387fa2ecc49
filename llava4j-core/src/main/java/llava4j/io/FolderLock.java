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

/// A lock that allows only one run at a time in a folder. The operating system releases it when the
/// process ends for any reason. The lock file is not deleted, because deleting it could break the
/// lock of another run.
public final class FolderLock implements AutoCloseable {
  private static final String FILE = ".lock";

  /// Folders locked by runs of this process. On Linux and macOS, a process loses its lock when it
  /// closes any channel to the file, so the file must not be opened twice.
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path file;
  private final FileChannel channel;

  private FolderLock(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /// Locks a folder, which is created if it does not exist.
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
        folder + " is in use by another run; wait until it ends, or choose another --out");
  }

  private static BadInputException notLocked(Path folder, IOException e) {
    return new BadInputException(
        folder
            + " cannot be locked: "
            + e.getMessage()
            + "; choose a writable --out on a file system that supports locks",
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
