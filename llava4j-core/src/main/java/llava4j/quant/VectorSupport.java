package llava4j.quant;

/// Whether this JVM has the Vector API.
public final class VectorSupport {
  /// The system property that keeps the plain kernels with the value `off`. The launcher's
  /// rehearsal sets it (ADR 27).
  private static final String PROPERTY = "llava.vector";

  private static final boolean AVAILABLE = !"off".equals(System.getProperty(PROPERTY)) && exists();

  private VectorSupport() {}

  /// True if the module `jdk.incubator.vector` is loaded, as with `--add-modules
  /// jdk.incubator.vector`; without it the plain kernels run, many times slower.
  public static boolean isAvailable() {
    return AVAILABLE;
  }

  /// The module may be loaded later than the start of Java, so the boot layer does not tell.
  private static boolean exists() {
    try {
      Class.forName("jdk.incubator.vector.Vector", false, VectorSupport.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  /// A description of the kernel for 16-bit weights: its name and vector width.
  public static String describe() {
    return isAvailable()
        ? "vector, " + HalfMatVecVector.vectorBits() + " bits"
        : "plain loops (slow): start java with --add-modules jdk.incubator.vector";
  }
}
