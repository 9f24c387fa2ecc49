package llava4j.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/// The number of OpenMP threads that libtorch's operators use when they are called from the current
/// thread. `torch.set_num_threads` would change it for threads that start later too.
///
/// With one, threads of [ParallelChunks] can each call operators for their own chunk: no thread
/// waits for another between two operators, and a busy core delays one chunk only.
public final class OpenMp {
  /// The name of GCC's library, which libtorch has loaded.
  private static final String LIBRARY = "libgomp.so.1";

  private final MethodHandle set;
  private final MethodHandle get;

  private OpenMp(MethodHandle set, MethodHandle get) {
    this.set = set;
    this.get = get;
  }

  /// GCC's library; empty where libtorch uses another one.
  @SuppressWarnings("restricted") // java is started with --enable-native-access
  public static Optional<OpenMp> find() {
    int _ = NativeRuntime.numThreads(); // loads libtorch
    SymbolLookup library;
    try {
      library = SymbolLookup.libraryLookup(LIBRARY, Arena.global());
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
    Linker linker = Linker.nativeLinker();
    FunctionDescriptor setter = FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT);
    FunctionDescriptor getter = FunctionDescriptor.of(ValueLayout.JAVA_INT);
    return library
        .find("omp_set_num_threads")
        .flatMap(set ->
            library
                .find("omp_get_max_threads")
                .map(get ->
                    new OpenMp(
                        linker.downcallHandle(set, setter), linker.downcallHandle(get, getter))));
  }

  /// The number of threads for the current thread's operators.
  public int threads() {
    int _ = NativeRuntime.numThreads(); // libtorch sets its number at a thread's first call
    try {
      return (int) get.invokeExact();
    } catch (Throwable e) { // invokeExact declares it; the function throws nothing
      throw new IllegalStateException(e);
    }
  }

  /// Sets that number.
  public void threads(int number) {
    int _ = NativeRuntime.numThreads();
    try {
      set.invokeExact(number);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
