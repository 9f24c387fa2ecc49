package llava4j.tensor;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/// The heap of the C library, which contains libtorch's CPU tensors.
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

  /// Returns free memory of the heap to the system; long loops call it from time to time.
  ///
  /// libtorch allocates aligned blocks, and glibc splits memory so that freed blocks often do not
  /// fit the next request. In the training of a model with 2 million parameters, resident memory
  /// grew by half a megabyte per step without end, although there was no leak (glibc 2.36). A
  /// separate mapping per block would keep the memory constant too, but takes 1.5 times as long.
  /// Does nothing if the C library has no such function.
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
