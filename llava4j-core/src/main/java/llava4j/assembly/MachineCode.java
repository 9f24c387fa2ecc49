package llava4j.assembly;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/// Memory of the process that holds machine code. It can be written until it can be run, and never
/// both, and is kept as long as the process runs. On Linux.
public final class MachineCode {
  private static final int READ = 1;
  private static final int WRITE = 2;
  private static final int EXECUTE = 4;
  private static final int PRIVATE_ANONYMOUS = 0x22;
  private static final long PAGE = 4096;
  private static final long FAILED = -1;

  private MachineCode() {}

  /// Whether this is an operating system that functions can be put into the memory of.
  public static boolean isPossible() {
    return System.getProperty("os.name").equals("Linux")
        && System.getProperty("os.arch").equals("amd64");
  }

  /// Puts a function into memory. Each takes some pages, so put few.
  ///
  /// @return its address; empty if the system does not allow it, as hardened ones do
  public static Optional<MemorySegment> put(byte[] code) {
    if (!isPossible()) {
      return Optional.empty();
    }
    long bytes = Math.ceilDiv(code.length, PAGE) * PAGE;
    long address = map(bytes);
    if (address == FAILED) {
      return Optional.empty();
    }
    MemorySegment memory = memory(address, bytes);
    memory.copyFrom(MemorySegment.ofArray(code));
    if (makeExecutable(memory)) {
      return Optional.of(memory);
    }
    unmap(memory);
    return Optional.empty();
  }

  private static long map(long bytes) {
    MethodHandle mmap =
        function(
            "mmap",
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_LONG);
    try {
      return (long) mmap.invokeExact(0L, bytes, READ | WRITE, PRIVATE_ANONYMOUS, -1, 0L);
    } catch (Throwable e) { // invokeExact declares it; mmap throws nothing
      throw new IllegalStateException(e);
    }
  }

  private static boolean makeExecutable(MemorySegment memory) {
    MethodHandle mprotect =
        function(
            "mprotect",
            ValueLayout.JAVA_INT,
            ValueLayout.ADDRESS,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_INT);
    try {
      return (int) mprotect.invokeExact(memory, memory.byteSize(), READ | EXECUTE) == 0;
    } catch (Throwable e) { // invokeExact declares it; mprotect throws nothing
      throw new IllegalStateException(e);
    }
  }

  private static void unmap(MemorySegment memory) {
    MethodHandle munmap =
        function("munmap", ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG);
    try {
      int _ = (int) munmap.invokeExact(memory, memory.byteSize());
    } catch (Throwable e) { // invokeExact declares it; munmap throws nothing
      throw new IllegalStateException(e);
    }
  }

  @SuppressWarnings("restricted") // java is started with --enable-native-access
  private static MethodHandle function(
      String name, MemoryLayout result, MemoryLayout... arguments) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow(name), FunctionDescriptor.of(result, arguments));
  }

  @SuppressWarnings("restricted") // mmap gave this many bytes
  private static MemorySegment memory(long address, long bytes) {
    return MemorySegment.ofAddress(address).reinterpret(bytes);
  }
}
