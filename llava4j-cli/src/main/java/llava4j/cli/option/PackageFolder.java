package llava4j.cli.option;

import java.nio.file.Path;

/// Where packages lie that are downloaded for who asks for them.
public final class PackageFolder {
  private PackageFolder() {}

  /// @param cacheHome the environment's `XDG_CACHE_HOME`, or null
  public static Path of(String cacheHome) {
    Path home =
        cacheHome == null || cacheHome.isBlank()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(cacheHome);
    return home.resolve("llava4j").resolve("packages");
  }
}
