package llava4j.cli;

/// Loads the incubating Vector API after the start of Java.
///
/// With `--add-modules jdk.incubator.vector`, Java can neither use an AOT cache of the module
/// system nor of linked classes (ADR 27). So `./llava` leaves the option out if it has such a
/// cache, and passes the property `llava.vector` instead. The module then is the same as with the
/// option: it belongs to the boot class loader, and the compiler replaces its methods by
/// instructions.
///
/// Java does this itself for its management agent, in a package that is not exported; the launcher
/// exports it. If another Java has it no longer, the launcher's rehearsal fails, no cache is made,
/// and the launcher keeps `--add-modules`.
final class VectorModule {
  private static final String PROPERTY = "llava.vector";
  private static final String NAME = "jdk.incubator.vector";

  private VectorModule() {}

  /// Loads the module if the launcher wants that.
  ///
  /// @return whether the module is there
  static boolean load() {
    if (System.getProperty(PROPERTY) == null) {
      return ModuleLayer.boot().findModule(NAME).isPresent();
    }
    try {
      Class.forName("jdk.internal.module.Modules")
          .getMethod("loadModule", String.class)
          .invoke(null, NAME);
      return true;
    } catch (ReflectiveOperationException | RuntimeException e) {
      return false;
    }
  }
}
