package llava4j.cli.terminal;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// Gives standard error back to the process after the launcher has muted it.
///
/// Java prints "WARNING: Using incubator modules" on standard error before `main` and has no option
/// against it. So the launcher points descriptor 2 to nowhere, keeps the real one under another
/// number, and names that number in the property `llava.stderr`; here the two are joined again. All
/// later output, that of native code included, arrives where it should.
public final class StandardError {
  private static final int DESCRIPTOR = 2;

  private StandardError() {}

  /// Undoes the launcher's redirection. Does nothing when the property is absent, which is so in
  /// every process that the launcher did not start.
  @SuppressWarnings(
      "restricted") // calling dup2 is the point; the process is started for native code
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
