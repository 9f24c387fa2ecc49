package llava4j.cli.gpu;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import llava4j.error.BadInputException;

/// JavaCPP's libraries beside libtorch, unpacked: with a GPU they are loaded from folders, because
/// JavaCPP's own search would find libtorch without CUDA first.
final class ProcessorLibraries {
  private static final Pattern JAR =
      Pattern.compile("(?:javacpp|openblas|leptonica)-[^/]*-linux-x86_64\\.jar");
  private static final Pattern LIBRARY = Pattern.compile("org/bytedeco/.*/(lib[^/]+\\.so[.0-9]*)");

  private ProcessorLibraries() {}

  /// The folders, one for each jar on a class path; none where they were unpacked before, as in the
  /// folder that is handed out.
  ///
  /// @param folder of packages
  static List<Path> of(String classPath, Path folder) {
    List<Path> folders = new ArrayList<>();
    for (String element : classPath.split(File.pathSeparator, -1)) {
      Path jar = Path.of(element);
      if (jar.getFileName() != null && JAR.matcher(jar.getFileName().toString()).matches()) {
        folders.add(unpacked(jar, folder.resolve("processor")));
      }
    }
    return folders;
  }

  private static Path unpacked(Path jar, Path folder) {
    Path target = folder.resolve(jar.getFileName().toString());
    if (Files.isDirectory(target)) {
      return target;
    }
    try {
      Files.createDirectories(folder);
      Path fresh = Files.createTempDirectory(folder, "unpacking-");
      try (ZipFile zip = new ZipFile(jar.toFile())) {
        for (Enumeration<? extends ZipEntry> all = zip.entries(); all.hasMoreElements(); ) {
          ZipEntry entry = all.nextElement();
          Matcher matcher = LIBRARY.matcher(entry.getName());
          if (matcher.matches()) {
            try (InputStream in = zip.getInputStream(entry)) {
              Files.copy(in, fresh.resolve(matcher.group(1)), StandardCopyOption.REPLACE_EXISTING);
            }
          }
        }
      }
      Path openblas = fresh.resolve("libopenblas.so.0");
      if (Files.exists(openblas)) { // JavaCPP knows the one library by two names
        Files.createSymbolicLink(
            fresh.resolve("libopenblas_nolapack.so.0"), openblas.getFileName());
      }
      move(fresh, target);
      return target;
    } catch (IOException e) {
      throw new BadInputException(
          jar + " cannot be unpacked into " + folder + ": " + e.getMessage() + "; free some space",
          e);
    }
  }

  private static void move(Path fresh, Path target) throws IOException {
    try {
      Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      if (!Files.isDirectory(target)) {
        throw e;
      }
      // another process was faster, and its files are the same
      try (Stream<Path> files = Files.list(fresh)) {
        files.forEach(file -> file.toFile().delete());
      }
      Files.deleteIfExists(fresh);
      System.getLogger(ProcessorLibraries.class.getName())
          .log(System.Logger.Level.DEBUG, "unpacked twice", e);
    }
  }
}
