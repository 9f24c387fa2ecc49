package llava4j.train;

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
/// is less exact: it also grows by compiled code and fragmentation.
final class AllocatedMemory {
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

  private AllocatedMemory() {}

  /// The current number of bytes.
  static long now() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment figures = (MemorySegment) MALLINFO.invokeExact((SegmentAllocator) arena);
      return figures.getAtIndex(ValueLayout.JAVA_LONG, IN_USE)
          + figures.getAtIndex(ValueLayout.JAVA_LONG, MAPPED);
    } catch (Throwable e) {
      throw new LinkageError("mallinfo2 of glibc cannot be called", e);
    }
  }
}
