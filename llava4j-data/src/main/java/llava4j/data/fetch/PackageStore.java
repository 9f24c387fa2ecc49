package llava4j.data.fetch;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.zip.GZIPInputStream;
import llava4j.error.BadInputException;
import llava4j.io.Sha256;
import org.apache.commons.compress.archivers.ArchiveEntry;
import org.apache.commons.compress.archivers.ArchiveInputStream;
import org.apache.commons.compress.archivers.ar.ArArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/// A folder of fetched packages. What is there and whole is not fetched again; what was interrupted
/// is done again.
public final class PackageStore {
  private final Path folder;
  private final PackageClient client;
  private final Consumer<String> notes;

  /// @param notes hears what is being done
  public PackageStore(Path folder, PackageClient client, Consumer<String> notes) {
    this.folder = folder;
    this.client = client;
    this.notes = notes;
  }

  /// Unpacks a package's wanted files.
  ///
  /// @param wanted says by its path in the package whether a file is needed
  /// @return the folder they lie in, by their paths in the package
  public Path unpacked(PinnedPackage pinned, Predicate<String> wanted) {
    Path target = folder.resolve("unpacked").resolve(pinned.file());
    Path whole = folder.resolve("unpacked").resolve(pinned.file() + ".complete");
    if (Files.exists(whole)) {
      return target;
    }
    Path archive = archive(pinned);
    notes.accept("unpacking " + pinned);
    try {
      unpack(archive, pinned, wanted, target);
      Files.createFile(whole);
      return target;
    } catch (IOException e) {
      throw new BadInputException(
          archive
              + " cannot be unpacked into "
              + target
              + ": "
              + e.getMessage()
              + "; is the disk full? Delete the archive if it is damaged",
          e);
    }
  }

  /// The archive, fetched if it is not there, and compared with its sum.
  private Path archive(PinnedPackage pinned) {
    Path archive = folder.resolve(pinned.file());
    try {
      Files.createDirectories(folder);
      if (!Files.exists(archive)) {
        notes.accept("fetching " + pinned);
        Path arriving = Files.createTempDirectory(folder, "arriving-");
        client.download(pinned, arriving);
        Path arrived = arriving.resolve(pinned.file());
        if (!Files.exists(arrived)) {
          throw new BadInputException(
              pinned.registry().client()
                  + " brought no "
                  + pinned.file()
                  + "; put it into "
                  + folder
                  + " by hand");
        }
        requireSum(pinned, arrived);
        Files.move(arrived, archive, StandardCopyOption.ATOMIC_MOVE);
        Files.delete(arriving);
      } else {
        requireSum(pinned, archive);
      }
      return archive;
    } catch (IOException e) {
      throw new BadInputException(
          folder + " cannot be written: " + e.getMessage() + "; make room or name another cache",
          e);
    }
  }

  private static void requireSum(PinnedPackage pinned, Path archive) throws IOException {
    String sum = Sha256.of(archive);
    if (!sum.equals(pinned.sha256())) {
      throw new BadInputException(
          archive
              + " is not "
              + pinned
              + ": its SHA-256 is "
              + sum
              + ", expected "
              + pinned.sha256()
              + "; delete it, and fetch that version");
    }
  }

  private static void unpack(
      Path archive, PinnedPackage pinned, Predicate<String> wanted, Path target)
      throws IOException {
    try (InputStream file = new BufferedInputStream(Files.newInputStream(archive))) {
      switch (pinned.registry()) {
        case NPM -> unpackTar(new TarArchiveInputStream(new GZIPInputStream(file)), wanted, target);
        case DEBIAN -> {
          try (ArArchiveInputStream members = new ArArchiveInputStream(file)) {
            for (ArchiveEntry member = members.getNextEntry();
                member != null;
                member = members.getNextEntry()) {
              if (member.getName().equals("data.tar.xz")) {
                unpackTar(
                    new TarArchiveInputStream(new XZCompressorInputStream(members)),
                    wanted,
                    target);
                return;
              }
            }
            throw new IOException("it holds no data.tar.xz");
          }
        }
      }
    }
  }

  private static void unpackTar(
      ArchiveInputStream<? extends ArchiveEntry> entries, Predicate<String> wanted, Path target)
      throws IOException {
    Files.createDirectories(target);
    for (ArchiveEntry entry = entries.getNextEntry();
        entry != null;
        entry = entries.getNextEntry()) {
      String name = entry.getName().replaceFirst("^\\./", "");
      Path file = target.resolve(name).normalize();
      if (entry.isDirectory() || !wanted.test(name)) {
        continue;
      }
      if (!file.startsWith(target)) {
        throw new IOException("its entry " + name + " points out of the folder");
      }
      Files.createDirectories(file.getParent());
      Files.copy(entries, file, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
