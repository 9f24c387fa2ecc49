package llava4j.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Optional;
import llava4j.error.BadInputException;

/// What NVIDIA calls the generation of a GPU: 7.5 is Turing, 8.0 Ampere, 9.0 Hopper. The driver's
/// library says it; libtorch's Java interface does not.
public record ComputeCapability(int major, int minor) implements Comparable<ComputeCapability> {
  /// The first with products of bf16.
  public static final ComputeCapability BF16_PRODUCTS = new ComputeCapability(8, 0);

  private static final String LIBRARY = "libcuda.so.1";
  private static final int SUCCESS = 0;

  /// Numbers of the driver's attributes.
  private static final int MAJOR = 75;

  private static final int MINOR = 76;

  /// That of a GPU, counted as in `cuda:N`; empty if there is no driver, or it does not say.
  @SuppressWarnings("restricted") // java is started with --enable-native-access
  public static Optional<ComputeCapability> of(Device.Cuda device) {
    try (Arena arena = Arena.ofConfined()) {
      SymbolLookup driver = SymbolLookup.libraryLookup(LIBRARY, arena);
      MemorySegment found = arena.allocate(ValueLayout.JAVA_INT);
      if (call(driver, "cuInit", 0) != SUCCESS
          || call(driver, "cuDeviceGet", found, device.index()) != SUCCESS) {
        return Optional.empty();
      }
      int number = found.get(ValueLayout.JAVA_INT, 0);
      if (call(driver, "cuDeviceGetAttribute", found, MAJOR, number) != SUCCESS) {
        return Optional.empty();
      }
      int major = found.get(ValueLayout.JAVA_INT, 0);
      return call(driver, "cuDeviceGetAttribute", found, MINOR, number) == SUCCESS
          ? Optional.of(new ComputeCapability(major, found.get(ValueLayout.JAVA_INT, 0)))
          : Optional.empty();
    } catch (IllegalArgumentException e) { // no such library
      return Optional.empty();
    }
  }

  /// Whether this is at least [#BF16_PRODUCTS].
  public boolean hasBf16Products() {
    return compareTo(BF16_PRODUCTS) >= 0;
  }

  /// Refuses weights of 4 or 8 bits on a GPU without products of bf16.
  ///
  /// @throws BadInputException if this is older than [#BF16_PRODUCTS]
  public void requireBf16Products(Device device) {
    if (!hasBf16Products()) {
      throw new BadInputException(
          "weights of 4 and 8 bits on a GPU need compute capability "
              + BF16_PRODUCTS
              + " or more, and "
              + device
              + " has "
              + this
              + "; use --weights bf16 or --device cpu");
    }
  }

  @Override
  public int compareTo(ComputeCapability other) {
    return major == other.major
        ? Integer.compare(minor, other.minor)
        : Integer.compare(major, other.major);
  }

  @Override
  public String toString() {
    return major + "." + minor;
  }

  /// Calls a function that returns a status.
  ///
  /// @param arguments numbers, and memory for an answer
  @SuppressWarnings("restricted")
  private static int call(SymbolLookup driver, String name, Object... arguments) {
    MemoryLayout[] layouts =
        Arrays.stream(arguments)
            .map(argument ->
                argument instanceof MemorySegment ? ValueLayout.ADDRESS : ValueLayout.JAVA_INT)
            .toArray(MemoryLayout[]::new);
    FunctionDescriptor type = FunctionDescriptor.of(ValueLayout.JAVA_INT, layouts);
    Optional<MemorySegment> function = driver.find(name);
    if (function.isEmpty()) {
      return -1;
    }
    try {
      return (int)
          Linker.nativeLinker().downcallHandle(function.get(), type).invokeWithArguments(arguments);
    } catch (Throwable e) { // invokeWithArguments declares it; the function throws nothing
      throw new IllegalStateException(e);
    }
  }
}
