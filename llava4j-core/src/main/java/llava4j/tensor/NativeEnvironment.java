package llava4j.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/// Sets environment variables for native libraries, which read them when they are loaded. They do
/// not affect Java's `System.getenv` and child processes.
final class NativeEnvironment {
  private final Optional<MethodHandle> setenv;

  @SuppressWarnings("restricted") // java is started with --enable-native-access
  NativeEnvironment() {
    Linker linker = Linker.nativeLinker();
    this.setenv =
        linker
            .defaultLookup()
            .find("setenv")
            .map(address ->
                linker.downcallHandle(
                    address,
                    FunctionDescriptor.of(
                        ValueLayout.JAVA_INT,
                        ValueLayout.ADDRESS,
                        ValueLayout.ADDRESS,
                        ValueLayout.JAVA_INT)));
  }

  /// Sets a variable. Does nothing if the C library has no `setenv`.
  ///
  /// @param replace whether an existing value is replaced
  void set(String name, String value, boolean replace) {
    if (setenv.isEmpty()) {
      return;
    }
    try (Arena arena = Arena.ofConfined()) {
      int _ =
          (int)
              setenv
                  .get()
                  .invokeExact(
                      arena.allocateFrom(name), arena.allocateFrom(value), replace ? 1 : 0);
    } catch (Throwable e) { // invokeExact declares it; setenv throws nothing
      throw new IllegalStateException(e);
    }
  }
}
