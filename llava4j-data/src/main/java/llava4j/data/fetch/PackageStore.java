package llava4j.data.fetch;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
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
        download(pinned, archive);
      } else {
        requireSum(pinned, archive, archive + " is not ", "delete it, and download that version");
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

  /// Whatever goes wrong, nothing is left of a download; pip and Maven keep what they have in
  /// caches of their own.
  private void download(PinnedPackage pinned, Path archive) throws IOException {
    Path arriving = Files.createTempDirectory(folder, "arriving-");
    try {
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
      requireSum(
          pinned,
          arrived,
          "what " + pinned.registry().client() + " downloaded is not ",
          "it was deleted; try again, or put " + pinned.file() + " into " + folder + " yourself");
      Files.move(arrived, archive, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      remove(arriving);
    }
  }

  private static void remove(Path folder) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }

  /// @param isNot the beginning of the sentence about another archive
  /// @param remedy its end
  private static void requireSum(PinnedPackage pinned, Path archive, String isNot, String remedy)
      throws IOException {
    if (pinned.digest().isEmpty()) {
      return;
    }
    String sum = sum(archive, pinned.digestName());
    if (!sum.equals(pinned.digest())) {
      throw new BadInputException(
          isNot
              + pinned
              + ": its "
              + pinned.digestName()
              + " is "
              + sum
              + ", expected "
              + pinned.digest()
              + "; "
              + remedy);
    }
  }

  private static String sum(Path archive, String algorithm) throws IOException {
    if (algorithm.equals("SHA-256")) {
      return Sha256.of(archive);
    }
    try (InputStream in = Files.newInputStream(archive)) {
      MessageDigest digest = MessageDigest.getInstance(algorithm);
      in.transferTo(new DigestOutputStream(OutputStream.nullOutputStream(), digest));
      return Sha256.of(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Java has no " + algorithm, e);
    }
  }

  private static void unpack(
      Path archive, PinnedPackage pinned, Predicate<String> wanted, Path target)
      throws IOException {
    try (InputStream file = new BufferedInputStream(Files.newInputStream(archive))) {
      switch (pinned.registry()) {
        case NPM ->
            unpackEntries(new TarArchiveInputStream(new GZIPInputStream(file)), wanted, target);
        case MAVEN, PYPI -> unpackEntries(new ZipArchiveInputStream(file), wanted, target);
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
