package llava4j.quant;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import llava4j.assembly.MachineCode;

/// Functions in machine code that were written so far, and how they are called.
final class MachineFunctions {
  private final Map<Record, MemorySegment> functions = new ConcurrentHashMap<>();

  /// A function that was written before, or just now.
  ///
  /// @param key what it is written for
  MemorySegment get(Record key, Supplier<byte[]> code) {
    MemorySegment known = functions.get(key); // without the lock that computeIfAbsent may take
    return known != null ? known : functions.computeIfAbsent(key, _ -> put(code.get()));
  }

  private static MemorySegment put(byte[] code) {
    return MachineCode.put(code)
        .orElseThrow(
            () -> new IllegalStateException("the system allowed machine code before, and not now"));
  }

  /// Calls a short function with arrays where they lie: garbage collection waits for it.
  static void runOnHeap(
      MemorySegment function, long a, long b, MemorySegment c, MemorySegment d, long e) {
    try {
      Calls.ON_HEAP.invokeExact(function, a, b, c, d, e);
    } catch (Throwable thrown) { // invokeExact declares it; the functions throw nothing
      throw new IllegalStateException(thrown);
    }
  }

  static void run(MemorySegment function, long a, long b, long c, long d, long e, long f) {
    try {
      Calls.CALL.invokeExact(function, a, b, c, d, e, f);
    } catch (Throwable thrown) { // invokeExact declares it; the functions throw nothing
      throw new IllegalStateException(thrown);
    }
  }

  /// How functions are called; made when the first one is.
  private static final class Calls {
    static final MethodHandle CALL = call();
    static final MethodHandle ON_HEAP = callOnHeap();

    @SuppressWarnings("restricted") // java is started with --enable-native-access
    private static MethodHandle call() {
      return Linker.nativeLinker()
          .downcallHandle(
              FunctionDescriptor.ofVoid(
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_LONG));
    }

    @SuppressWarnings("restricted") // java is started with --enable-native-access
    private static MethodHandle callOnHeap() {
      return Linker.nativeLinker()
          .downcallHandle(
              FunctionDescriptor.ofVoid(
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.ADDRESS,
                  ValueLayout.ADDRESS,
                  ValueLayout.JAVA_LONG),
              Linker.Option.critical(true));
    }
  }
}
