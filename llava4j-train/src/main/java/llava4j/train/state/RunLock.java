package llava4j.train.state;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import llava4j.error.BadInputException;

/// That a folder belongs to one run at a time. The operating system takes the lock back when its
/// process ends, however that happens; the file stays, because who removed it could take it from
/// another run.
public final class RunLock implements AutoCloseable {
  private static final String FILE = ".lock";

  private final FileChannel channel;

  private RunLock(FileChannel channel) {
    this.channel = channel;
  }

  /// Takes the lock of a folder, which is made where it is not there.
  ///
  /// @throws BadInputException if another run has it, or the folder cannot be written
  public static RunLock take(Path folder) {
    FileChannel channel = null;
    try {
      Files.createDirectories(folder);
      channel =
          FileChannel.open(
              folder.resolve(FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock = channel.tryLock();
      if (lock != null) {
        return new RunLock(channel);
      }
      channel.close();
    } catch (OverlappingFileLockException _) { // a run of this very process
      close(channel);
    } catch (IOException e) {
      close(channel);
      throw new BadInputException(folder + " cannot be locked: " + e.getMessage(), e);
    }
    throw new BadInputException(
        folder + " is in use by another run; wait for its end, or name another --out");
  }

  @Override
  public void close() {
    close(channel);
  }

  private static void close(FileChannel channel) {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
