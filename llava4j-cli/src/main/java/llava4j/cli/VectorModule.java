package llava4j.cli;

/// Loads the incubating Vector API after the start of Java, unless `--add-modules
/// jdk.incubator.vector` has done it before.
///
/// With that option, Java can neither use an AOT cache of the module system nor of linked classes
/// (ADR 27), and the manifest of a jar cannot give it (ADR 32). So the launcher with such a cache,
/// the folders of `make dist` and the runnable jar leave it out. The module then is the same as
/// with the option: it belongs to the boot class loader, and the compiler replaces its methods by
/// instructions.
///
/// Java does this itself for its management agent, in a package that is not exported; the launchers
/// and the jar's manifest export it. If another Java has it no longer, the launcher's rehearsal
/// fails, no cache is made, and the launcher keeps `--add-modules`.
final class VectorModule {
  private static final String NAME = "jdk.incubator.vector";

  private VectorModule() {}

  /// Loads the module if it is not there.
  ///
  /// @return whether the module is there
  static boolean load() {
    if (ModuleLayer.boot().findModule(NAME).isPresent()) {
      return true;
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
