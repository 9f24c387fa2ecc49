package llava4j.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The options of this Java process that llava needs.
///
/// `./llava` passes the right options. If somebody runs `java` by hand and forgets one, this check
/// reports it at once. Otherwise a class would be missing in the middle of an answer, or Java would
/// print a warning that later versions turn into an error.
///
/// @param feature feature release of the running Java
/// @param vectorModule whether module `jdk.incubator.vector` is loaded
/// @param nativeAccess whether classes on the class path may call native code
record JvmCheck(int feature, boolean vectorModule, boolean nativeAccess) {
  private static final int OLDEST_FEATURE = 25;

  /// Checks the current process.
  static JvmCheck ofThisProcess(boolean vectorModule) {
    return new JvmCheck(
        Runtime.version().feature(),
        vectorModule,
        JvmCheck.class.getModule().isNativeAccessEnabled());
  }

  /// One sentence for the user: what is missing and how to add it. Empty if nothing is missing.
  Optional<String> problem() {
    if (feature < OLDEST_FEATURE) {
      return Optional.of(
          "this is Java "
              + feature
              + ", but llava needs Java "
              + OLDEST_FEATURE
              + " or newer: install a newer JDK, or set LLAVA_JAVA_HOME to one.");
    }
    List<String> missing = new ArrayList<>();
    List<String> options = new ArrayList<>();
    if (!vectorModule) {
      missing.add("the Vector API module");
      options.add("--add-modules jdk.incubator.vector");
    }
    if (!nativeAccess) {
      missing.add("native access");
      options.add("--enable-native-access=ALL-UNNAMED");
    }
    if (missing.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        "Java was started without "
            + String.join(" and without ", missing)
            + ": start llava with the launcher ./llava, or add '"
            + String.join(" ", options)
            + "' to the java command.");
  }
}
