package llava4j.platform;

/// System properties that libraries read when their first class loads, set unless the user did.
public final class SystemDefaults {
  private SystemDefaults() {}

  /// JavaCPP's, for all that call it: no limit on resident memory, which counts memory-mapped
  /// weights, and words go to the log.
  public static void setForJavaCpp() {
    set("org.bytedeco.javacpp.maxPhysicalBytes", "0");
    set("org.bytedeco.javacpp.logger", "slf4j");
  }

  /// Sets a property that has no value.
  public static void set(String name, String value) {
    if (System.getProperty(name) == null) {
      System.setProperty(name, value);
    }
  }
}
