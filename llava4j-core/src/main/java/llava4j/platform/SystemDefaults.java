package llava4j.platform;

/// Sets system properties that libraries read when their first class is loaded, unless the user set
/// them.
public final class SystemDefaults {
  private SystemDefaults() {}

  /// Sets JavaCPP's properties: no limit on resident memory, because it would count memory-mapped
  /// weights, and messages go to the log.
  public static void setForJavaCpp() {
    set("org.bytedeco.javacpp.maxPhysicalBytes", "0");
    set("org.bytedeco.javacpp.logger", "slf4j");
  }

  /// Sets a property if it has no value.
  public static void set(String name, String value) {
    if (System.getProperty(name) == null) {
      System.setProperty(name, value);
    }
  }
}
