package llava4j.tensor;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/// The heap of the C library, which contains libtorch's CPU tensors.
public final class NativeHeap {
  /// Options of `mallopt`.
  private static final int TRIM_THRESHOLD = -1;

  private static final int TOP_PAD = -2;
  private static final int MMAP_THRESHOLD = -3;
  private static final int ARENA_MAX = -8;

  /// Heaps for threads, each of which keeps free memory.
  private static final int ARENAS = 4;

  /// Free memory at the end of the main heap that is kept; other heaps are smaller than it.
  private static final int KEPT = 256 << 20;

  /// Larger blocks are mapped for themselves. Activations of long prompts are below it.
  private static final int LARGE = 64 << 20;

  /// The most that older versions of glibc take.
  private static final int LARGE_BEFORE = 32 << 20;

  private final Optional<MethodHandle> trim;

  public NativeHeap() {
    this.trim = function("malloc_trim", ValueLayout.JAVA_LONG);
  }

  @SuppressWarnings("restricted") // java is started with --enable-native-access
  private static Optional<MethodHandle> function(String name, MemoryLayout... arguments) {
    Linker linker = Linker.nativeLinker();
    return linker
        .defaultLookup()
        .find(name)
        .map(address ->
            linker.downcallHandle(address, FunctionDescriptor.of(ValueLayout.JAVA_INT, arguments)));
  }

  /// Keeps freed blocks for the next ones, up to some hundreds of megabytes: 256 MB of the main
  /// heap and about 64 MB of each other one. Does nothing where the user has set such limits in the
  /// environment, or if the C library has none.
  static void keepFreed() {
    boolean chosen =
        System.getenv().entrySet().stream()
            .anyMatch(variable ->
                variable.getKey().startsWith("MALLOC_")
                    || (variable.getKey().equals("GLIBC_TUNABLES")
                        && variable.getValue().contains("glibc.malloc.")));
    if (chosen) {
      return;
    }
    function("mallopt", ValueLayout.JAVA_INT, ValueLayout.JAVA_INT)
        .ifPresent(mallopt -> {
          set(mallopt, ARENA_MAX, ARENAS);
          set(mallopt, TRIM_THRESHOLD, KEPT);
          set(mallopt, TOP_PAD, LARGE); // without it, heaps of threads are given back whole
          if (!set(mallopt, MMAP_THRESHOLD, LARGE)) {
            set(mallopt, MMAP_THRESHOLD, LARGE_BEFORE);
          }
        });
  }

  private static boolean set(MethodHandle mallopt, int option, int value) {
    try {
      return (int) mallopt.invokeExact(option, value) != 0;
    } catch (Throwable e) { // invokeExact declares it; mallopt throws nothing
      throw new IllegalStateException(e);
    }
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
