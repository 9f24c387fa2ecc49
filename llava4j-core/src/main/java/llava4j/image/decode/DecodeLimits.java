package llava4j.image.decode;

import java.util.function.LongSupplier;
import llava4j.error.BadInputException;
import llava4j.error.MemoryShortageException;

/// Memory limits of an image, checked before memory for it is allocated.
///
/// @param name the image in messages
/// @param options for decoding
/// @param freeHeap free bytes of the heap
record DecodeLimits(String name, DecodeOptions options, LongSupplier freeHeap) {
  /// The resize needs memory in proportion to a side, even if the image is thin.
  private static final int MAX_SIDE = 1_000_000;

  /// Largest subsampling factor; beyond it, the image would be smaller than the model's input.
  private static final int MAX_SUBSAMPLING = 8;

  /// A reserve for the waste of large arrays in a region-based heap, and for other allocations.
  private static final double MARGIN = 1.15;

  /// Free bytes of the heap, after a garbage collection if they seem too few.
  static long freeHeapOfThisProcess() {
    Runtime runtime = Runtime.getRuntime();
    return runtime.maxMemory() - runtime.totalMemory() + runtime.freeMemory();
  }

  /// @throws MalformedImageException if a side is not positive
  /// @throws BadInputException if there are too many pixels
  void requireSize(int width, int height) throws MalformedImageException {
    if (width < 1 || height < 1) {
      throw new MalformedImageException("it claims a size of " + width + "x" + height);
    }
    if ((long) width * height > options.maxPixels() || Math.max(width, height) > MAX_SIDE) {
      throw new BadInputException(
          name
              + " is "
              + width
              + "x"
              + height
              + " pixels, more than the limit of "
              + options.maxPixels()
              + " (or of "
              + MAX_SIDE
              + " for one side)"
              + "; make it smaller or allow more with --max-pixels");
    }
  }

  /// @param bytesPerPixel of everything that is in memory at the same time
  /// @throws MemoryShortageException if the heap is too small
  void requireHeap(int width, int height, int bytesPerPixel) {
    long needed = needed(width, height, bytesPerPixel);
    if (!fits(needed)) {
      throw new MemoryShortageException(
          name
              + " is "
              + width
              + "x"
              + height
              + " pixels and needs "
              + (needed >> 20)
              + " MiB of memory to decode, but Java has only "
              + (freeHeap.getAsLong() >> 20)
              + " left; give Java more (LLAVA_JAVA_OPTS=-Xmx...) or make the image smaller");
    }
  }

  /// The subsampling factor of an image: 1 for the whole image; k for every k-th row and column, if
  /// the whole image does not fit into memory.
  ///
  /// @throws MemoryShortageException if it does not fit even with subsampling, or if the options
  ///   forbid it
  int subsampling(int width, int height, int bytesPerPixel) {
    long needed = needed(width, height, bytesPerPixel);
    if (options.whenShort() == DecodeOptions.WhenShort.SUBSAMPLE && !fits(needed)) {
      long free = freeHeap.getAsLong(); // one garbage collection is enough for all factors
      for (int step = 2; step <= MAX_SUBSAMPLING; step++) {
        if (needed / step / step <= free) {
          return step;
        }
      }
    }
    requireHeap(width, height, bytesPerPixel);
    return 1;
  }

  private static long needed(int width, int height, int bytesPerPixel) {
    return (long) (MARGIN * bytesPerPixel * width * height);
  }

  /// Garbage counts as used memory until it is collected.
  private boolean fits(long bytes) {
    if (bytes > freeHeap.getAsLong()) {
      System.gc();
    }
    return bytes <= freeHeap.getAsLong();
  }
}
