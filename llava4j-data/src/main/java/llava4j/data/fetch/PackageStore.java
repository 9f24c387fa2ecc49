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
import org.apache.commons.compress.archivers.zip.ZipArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/// A folder of downloaded packages. A package that is already complete is not downloaded or
/// unpacked again; an interrupted one is.
public final class PackageStore {
  private final Path folder;
  private final PackageClient client;
  private final Consumer<String> notes;

  /// @param notes receives messages about progress
  public PackageStore(Path folder, PackageClient client, Consumer<String> notes) {
    this.folder = folder;
    this.client = client;
    this.notes = notes;
  }

  /// Downloads a package if needed and unpacks some of its files.
  ///
  /// @param wanted whether the file with this path in the package is needed
  /// @return the folder with the files, under their paths in the package
  /// @throws BadInputException if the package cannot be downloaded, verified or unpacked
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

  /// The archive, downloaded if it is absent, with its SHA-256 verified.
  private Path archive(PinnedPackage pinned) {
    Path archive = folder.resolve(pinned.file());
    try {
      Files.createDirectories(folder);
      if (!Files.exists(archive)) {
        notes.accept("downloading " + pinned);
        Path arriving = Files.createTempDirectory(folder, "arriving-");
        client.download(pinned, arriving);
        Path arrived = arriving.resolve(pinned.file());
        if (!Files.exists(arrived)) {
          throw new BadInputException(
              pinned.registry().client()
                  + " did not download "
                  + pinned.file()
                  + "; put it into "
                  + folder
                  + " yourself");
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
          folder
              + " cannot be written: "
              + e.getMessage()
              + "; free some space or choose another cache folder",
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
              + "; delete it, and download that version");
    }
  }

  private static void unpack(
      Path archive, PinnedPackage pinned, Predicate<String> wanted, Path target)
      throws IOException {
    try (InputStream file = new BufferedInputStream(Files.newInputStream(archive))) {
      switch (pinned.registry()) {
        case NPM ->
            unpackEntries(new TarArchiveInputStream(new GZIPInputStream(file)), wanted, target);
        case MAVEN -> unpackEntries(new ZipArchiveInputStream(file), wanted, target);
        case DEBIAN -> {
          try (ArArchiveInputStream members = new ArArchiveInputStream(file)) {
            for (ArchiveEntry member = members.getNextEntry();
                member != null;
                member = members.getNextEntry()) {
              if (member.getName().equals("data.tar.xz")) {
                unpackEntries(
                    new TarArchiveInputStream(new XZCompressorInputStream(members)),
                    wanted,
                    target);
                return;
              }
            }
            throw new IOException("it contains no data.tar.xz");
          }
        }
      }
    }
  }

  private static void unpackEntries(
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
        throw new IOException("its entry " + name + " would be written outside the folder");
      }
      Files.createDirectories(file.getParent());
      Files.copy(entries, file, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
