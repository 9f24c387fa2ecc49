package llava4j.checkpoint.hub;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.FileLockInterruptionException;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import llava4j.error.BadInputException;

/// One repository's folder in the cache, in the layout of `huggingface_hub`: `blobs/` has the
/// contents, named by etag; `snapshots/` has the commits, as links to the contents; `refs/` has the
/// commit of each branch.
final class HubCache {
  private final Path root;
  private final Path locks;

  private final Linker linker;

  /// Creates a link, or fails if links are not supported.
  @FunctionalInterface
  interface Linker {
    void link(Path link, Path target) throws IOException;
  }

  HubCache(Path cache, HubReference reference) {
    this(cache, reference, Files::createSymbolicLink);
  }

  HubCache(Path cache, HubReference reference, Linker linker) {
    this.linker = linker;
    this.root = cache.resolve(reference.cacheFolder());
    this.locks = cache.resolve(".locks").resolve(reference.cacheFolder());
  }

  Path snapshot(String commit) {
    return root.resolve("snapshots").resolve(commit);
  }

  /// The commit of a revision at the last download.
  Optional<String> commitOf(String revision) {
    if (revision.matches("[0-9a-f]{40}")) {
      return Files.isDirectory(snapshot(revision)) ? Optional.of(revision) : Optional.empty();
    }
    Path reference = root.resolve("refs").resolve(revision);
    try {
      return Files.isRegularFile(reference)
          ? Optional.of(Files.readString(reference).strip())
              .filter(commit -> commit.matches("[0-9a-fA-F]{7,64}"))
          : Optional.empty();
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  void remember(String revision, String commit) {
    if (revision.equals(commit)) {
      return;
    }
    try {
      Path reference = root.resolve("refs").resolve(revision);
      Files.createDirectories(reference.getParent());
      Path fresh = Files.createTempFile(reference.getParent(), ".ref", "");
      Files.writeString(fresh, commit);
      Files.move(fresh, reference, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  /// Whether the file of a commit is complete.
  boolean has(String commit, HubFile file) {
    Path path = snapshot(commit).resolve(file.path());
    try {
      return Files.isRegularFile(path) && (file.size() < 0 || Files.size(path) == file.size());
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  /// Whether a content is complete. If its length is wrong, it is removed, so that it is downloaded
  /// again.
  boolean hasBlob(HubFile file) {
    Path blob = blob(file.etag());
    try {
      if (!Files.isRegularFile(blob)) {
        return false;
      }
      if (file.size() < 0 || Files.size(blob) == file.size()) {
        return true;
      }
      Files.delete(blob);
      return false;
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  /// Number of bytes of a file that are already on disk, complete or partial.
  long present(HubFile file) {
    try {
      for (Path path : List.of(blob(file.etag()), incomplete(file.etag()))) {
        if (Files.isRegularFile(path)) {
          return Math.min(Files.size(path), file.size());
        }
      }
      return 0;
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  /// A small file of a commit.
  byte[] read(String commit, String name) {
    try {
      return Files.readAllBytes(snapshot(commit).resolve(name));
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  Path blob(String etag) {
    return root.resolve("blobs").resolve(etag);
  }

  /// The file of an incomplete download.
  Path incomplete(String etag) {
    return root.resolve("blobs").resolve(etag + ".incomplete");
  }

  /// Adds a content to a commit under its name: as a relative link, or as a copy if links are not
  /// supported.
  void link(String commit, HubFile file, String etag) {
    Path link = snapshot(commit).resolve(file.path());
    try {
      Files.createDirectories(link.getParent());
      Files.deleteIfExists(link);
      try {
        linker.link(link, link.getParent().relativize(blob(etag)));
      } catch (UnsupportedOperationException | IOException e) {
        Files.copy(blob(etag), link, StandardCopyOption.REPLACE_EXISTING);
      }
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  /// Runs while holding the content's lock, so that two processes do not write the same file.
  void locked(String etag, Runnable work) {
    try {
      Files.createDirectories(locks);
      Files.createDirectories(root.resolve("blobs"));
      Path file = locks.resolve(etag + ".lock");
      try (FileChannel channel =
              FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock _ = lock(channel)) {
        work.run();
      }
    } catch (ClosedByInterruptException | FileLockInterruptionException e) {
      throw HubHttp.interrupted(e);
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  private static FileLock lock(FileChannel channel) throws IOException {
    while (true) {
      try {
        return channel.lock();
      } catch (OverlappingFileLockException e) {
        // another thread of this process has it
        try {
          Thread.sleep(50);
        } catch (InterruptedException interrupted) {
          throw HubHttp.interrupted(interrupted);
        }
      }
    }
  }

  /// Fails if the disk does not have enough space for a download.
  void requireSpace(long bytes) {
    try {
      Files.createDirectories(root);
      long usable = Files.getFileStore(root).getUsableSpace();
      if (usable < bytes) {
        throw new BadInputException(
            root
                + " has "
                + usable / (1 << 20)
                + " MiB free, and the download needs "
                + bytes / (1 << 20)
                + " MiB; free some space or set HF_HOME to another disk");
      }
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  private BadInputException unusable(IOException e) {
    return new BadInputException(
        "the cache "
            + root
            + " cannot be used: "
            + e.getMessage()
            + "; free some space there, or set HF_HOME to a folder that can be written",
        new UncheckedIOException(e));
  }
}
