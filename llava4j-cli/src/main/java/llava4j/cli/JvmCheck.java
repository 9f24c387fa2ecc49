package llava4j.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What this Java process was started with, as far as llava needs it.
///
/// `./llava` passes the right options. Who runs `java` by hand and forgets one gets told so at
/// once, because the alternative is a missing class in the middle of an answer, or a warning that
/// later Java versions turn into an error.
///
/// @param feature feature release of the running Java
/// @param vectorModule whether module `jdk.incubator.vector` is resolved
/// @param nativeAccess whether classes on the class path may call native code
record JvmCheck(int feature, boolean vectorModule, boolean nativeAccess) {
  private static final int OLDEST_FEATURE = 25;

  /// The process we are in.
  static JvmCheck ofThisProcess() {
    return new JvmCheck(
        Runtime.version().feature(),
        ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent(),
        JvmCheck.class.getModule().isNativeAccessEnabled());
  }

  /// One sentence for the user: what is missing and how to add it. Empty when all is well.
  Optional<String> problem() {
    if (feature < OLDEST_FEATURE) {
      return Optional.of(
          "this is Java "
              + feature
              + " and llava needs "
              + OLDEST_FEATURE
              + " or newer: install a newer JDK, or point LLAVA_JAVA_HOME to one.");
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
