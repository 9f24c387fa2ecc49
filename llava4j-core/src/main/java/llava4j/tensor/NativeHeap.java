package llava4j.tensor;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/// The C library's heap, which libtorch's tensors on the processor live in.
public final class NativeHeap {
  private final Optional<MethodHandle> trim;

  @SuppressWarnings("restricted") // java is started with --enable-native-access
  public NativeHeap() {
    Linker linker = Linker.nativeLinker();
    this.trim =
        linker
            .defaultLookup()
            .find("malloc_trim")
            .map(address ->
                linker.downcallHandle(
                    address, FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG)));
  }

  /// Gives memory that is free within the heap back to the system; long loops call it now and then.
  ///
  /// libtorch asks for aligned blocks, and glibc cuts them so that freed ones often do not fit the
  /// next request: training a model of 2 million parameters, resident memory grew by half a
  /// megabyte a step, without end, although nothing was lost (glibc 2.36). Asking glibc for a
  /// mapping per block instead keeps memory flat too, but costs half as much time again. Where the
  /// C library has no such function, nothing happens.
  public void giveBackFree() {
    if (trim.isPresent()) {
      try {
        int _ = (int) trim.get().invokeExact(0L);
      } catch (Throwable e) { // invokeExact declares it; malloc_trim throws nothing
        throw new IllegalStateException(e);
      }
    }
  }
}
