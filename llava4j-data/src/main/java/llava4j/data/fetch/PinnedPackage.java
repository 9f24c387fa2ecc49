package llava4j.data.fetch;

/// A package of a registry, identified by version and digest.
///
/// @param file name under which the registry's client saves the archive
/// @param digest of the archive, hexadecimal: SHA-256, or SHA-1 (40 digits) where the registry has
///   no other; empty if only the registry's client compares, with what the registry says
/// @param licence licence of the files that are used
/// @param credit authors to credit
public record PinnedPackage(
    Registry registry,
    String name,
    String version,
    String file,
    String digest,
    String licence,
    String credit) {

  private static final int SHA1_DIGITS = 40;

  /// The registry that a package comes from.
  public enum Registry {
    NPM("npm"),
    DEBIAN("apt-get"),
    MAVEN("mvn"),
    PYPI("pip");

    private final String client;

    Registry(String client) {
      this.client = client;
    }

    /// The program that downloads.
    public String client() {
      return client;
    }
  }

  /// A package of npm. The archive's name follows from name and version.
  public static PinnedPackage npm(
      String name, String version, String sha256, String licence, String credit) {
    String file = name.replace("@", "").replace('/', '-') + "-" + version + ".tgz";
    return new PinnedPackage(Registry.NPM, name, version, file, sha256, licence, credit);
  }

  /// A package of Debian.
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

  /// An artifact of Maven Central with a classifier.
  ///
  /// @param module group and name, `group:name`
  public static PinnedPackage maven(
      String module,
      String classifier,
      String version,
      String digest,
      String licence,
      String credit) {
    String name = module + ":jar:" + classifier;
    String file =
        module.substring(module.indexOf(':') + 1) + "-" + version + "-" + classifier + ".jar";
    return new PinnedPackage(Registry.MAVEN, name, version, file, digest, licence, credit);
  }

  /// A wheel of PyPI, whose full name and digest only the index knows; pip compares.
  public static PinnedPackage pypi(String name, String version, String licence, String credit) {
    String file = name + "-" + version + ".whl";
    return new PinnedPackage(Registry.PYPI, name, version, file, "", licence, credit);
  }

  /// How the archive is told from others, for a message.
  public String digestText() {
    if (digest.isEmpty()) {
      return "the digest that the registry says";
    }
    return digestName() + " " + digest;
  }

  /// The name of the digest's algorithm.
  String digestName() {
    return digest.length() == SHA1_DIGITS ? "SHA-1" : "SHA-256";
  }

  @Override
  public String toString() {
    return name + " " + version;
  }
}
