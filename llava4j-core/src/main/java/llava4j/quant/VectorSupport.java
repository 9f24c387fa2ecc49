package llava4j.quant;

/// Whether this JVM was started with the Vector API.
public final class VectorSupport {
  private VectorSupport() {}

  /// True with `--add-modules jdk.incubator.vector`; without it the plain kernels run, many times
  /// slower.
  public static boolean isAvailable() {
    return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
  }

  /// A description of the kernel for 16-bit weights: its name and vector width.
  public static String describe() {
    return isAvailable()
        ? "vector, " + HalfMatVecVector.vectorBits() + " bits"
        : "plain loops (slow): start java with --add-modules jdk.incubator.vector";
  }
}
