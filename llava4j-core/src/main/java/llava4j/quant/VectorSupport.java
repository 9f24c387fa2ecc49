package llava4j.quant;

/// Whether this JVM was started with the Vector API.
public final class VectorSupport {
  private VectorSupport() {}

  /// True with `--add-modules jdk.incubator.vector`; without it the plain kernels run, many times
  /// slower.
  public static boolean isAvailable() {
    return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
  }

  /// The kernel in use for 16-bit weights, for people: its name and vector width.
  public static String describe() {
    return isAvailable()
        ? "vector, " + HalfMatVecVector.vectorBits() + " bits"
        : "plain loops (slow): start java with --add-modules jdk.incubator.vector";
  }
}
