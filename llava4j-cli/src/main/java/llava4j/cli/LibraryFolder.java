package llava4j.cli;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/// The folders with unpacked native libraries, where JavaCPP is told to take them as they are (ADR
/// 27, ADR 32).
///
/// libgfortran, which OpenBLAS needs, itself needs libquadmath and does not look for it in its own
/// folder. JavaCPP would have loaded it before; here this class does. Many systems have none of
/// their own.
final class LibraryFolder {
  private static final String QUADMATH = "libquadmath.so.0";

  private LibraryFolder() {}

  /// Loads the library, where JavaCPP does not.
  @SuppressWarnings("restricted") // java is started with --enable-native-access
  static void prepare() {
    if ("false".equals(System.getProperty("org.bytedeco.javacpp.findLibraries"))) {
      find(QUADMATH, System.getProperty("java.library.path", ""))
          .ifPresent(file -> System.load(file.toString()));
    }
  }

  /// The first file of this name.
  ///
  /// @param folders as `java.library.path` has them
  static Optional<Path> find(String name, String folders) {
    return Stream.of(folders.split(File.pathSeparator, -1))
        .filter(folder -> !folder.isEmpty())
        .flatMap(folder -> path(folder).stream())
        .map(folder -> folder.resolve(name).toAbsolutePath())
        .filter(Files::isRegularFile)
        .findFirst();
  }

  private static Optional<Path> path(String folder) {
    try {
      return Optional.of(Path.of(folder));
    } catch (InvalidPathException e) {
      return Optional.empty(); // nothing can lie there
    }
  }
}
