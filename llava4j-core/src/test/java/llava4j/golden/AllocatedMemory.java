package llava4j.golden;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// Exact number of bytes allocated by the C library's allocator. The resident memory of the process
/// is less exact: it also grows by compiled code and fragmentation, and the library keeps tens of
/// megabytes that the compiler has freed.
public final class AllocatedMemory {
  private static final int IN_USE = 7; // uordblks of glibc's mallinfo2
  private static final int MAPPED = 4; // hblkhd, large blocks
  private static final StructLayout FIGURES =
      MemoryLayout.structLayout(MemoryLayout.sequenceLayout(10, ValueLayout.JAVA_LONG));

  @SuppressWarnings("restricted") // native access is enabled for all our tests
  private static final MethodHandle MALLINFO =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().findOrThrow("mallinfo2"),
              FunctionDescriptor.of(FIGURES));

  /// Longer than Java's compiler keeps memory that it has freed, which is 5 s.
  private static final int COMPILER_REST = 6000;

  private AllocatedMemory() {}

  /// The number of bytes when objects without users are collected and the compiler is done.
  public static long settled() {
    System.gc();
    try {
      Thread.sleep(COMPILER_REST);
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted while waiting for the compiler", e);
    }
    return now();
  }

  /// The current number of bytes.
  public static long now() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment figures = (MemorySegment) MALLINFO.invokeExact((SegmentAllocator) arena);
      return figures.getAtIndex(ValueLayout.JAVA_LONG, IN_USE)
          + figures.getAtIndex(ValueLayout.JAVA_LONG, MAPPED);
    } catch (Throwable e) {
      throw new LinkageError("mallinfo2 of glibc cannot be called", e);
    }
  }
}
