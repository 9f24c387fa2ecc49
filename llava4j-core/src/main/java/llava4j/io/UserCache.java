package llava4j.io;

import java.nio.file.Path;

/// Where files lie that can be made or fetched again.
public final class UserCache {
  private UserCache() {}

  /// llava4j's folder in the user's cache, which may not exist.
  ///
  /// @param cacheHome the environment's `XDG_CACHE_HOME`, or null
  public static Path folder(String cacheHome) {
    Path home =
        cacheHome == null || cacheHome.isBlank()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(cacheHome);
    return home.resolve("llava4j");
  }
}
