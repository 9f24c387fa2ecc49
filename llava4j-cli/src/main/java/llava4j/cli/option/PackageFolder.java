package llava4j.cli.option;

import java.nio.file.Path;
import llava4j.io.UserCache;

/// Where packages lie that are downloaded for who asks for them.
public final class PackageFolder {
  private PackageFolder() {}

  /// @param cacheHome the environment's `XDG_CACHE_HOME`, or null
  public static Path of(String cacheHome) {
    return UserCache.folder(cacheHome).resolve("packages");
  }
}
