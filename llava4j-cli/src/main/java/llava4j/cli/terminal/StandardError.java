package llava4j.cli.terminal;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// Restores standard error, which the launcher has redirected to nowhere.
///
/// Java prints "WARNING: Using incubator modules" to standard error before `main` and has no option
/// to suppress it. So the launcher redirects file descriptor 2 to nowhere, keeps the original under
/// another number, and passes that number in the property `llava.stderr`. This class makes
/// descriptor 2 the original again, for Java and for native code.
public final class StandardError {
  private static final int DESCRIPTOR = 2;

  private StandardError() {}

  /// Undoes the launcher's redirection. Does nothing if the property is absent, as in every process
  /// that the launcher did not start.
  @SuppressWarnings("restricted") // dup2 has to be called; the process may call native code
  public static void restore() {
    Integer kept = Integer.getInteger("llava.stderr");
    if (kept == null) {
      return;
    }
    Linker linker = Linker.nativeLinker();
    MethodHandle dup2 =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("dup2"),
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    try {
      int result = (int) dup2.invokeExact((int) kept, DESCRIPTOR);
      if (result != DESCRIPTOR) {
        System.out.println("llava: standard error could not be restored; its messages are lost");
      }
    } catch (Throwable e) {
      throw new IllegalStateException("dup2 of descriptor " + kept, e);
    }
  }
}
