package llava4j.image.decode;

import java.util.function.LongSupplier;
import llava4j.error.BadInputException;

/// What an image may cost; asked before anything of its size is allocated.
///
/// @param name how messages call the image
/// @param options how it is decoded
/// @param freeHeap bytes that the heap can still give
record DecodeLimits(String name, DecodeOptions options, LongSupplier freeHeap) {
  /// The resize needs memory in proportion to a side, however thin the image.
  private static final int MAX_SIDE = 1_000_000;

  /// Every so-manieth row and column at most; less is left of an image than a model sees.
  private static final int MAX_SUBSAMPLING = 8;

  /// What large arrays lose in a heap of regions, and what else goes on in it.
  private static final double MARGIN = 1.15;

  /// Bytes that the heap can still give, after a collection where it seems short.
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

  /// @param bytesPerPixel of everything that lives at once
  /// @throws BadInputException if the heap has no room
  void requireHeap(int width, int height, int bytesPerPixel) {
    long needed = needed(width, height, bytesPerPixel);
    if (!fits(needed)) {
      throw new BadInputException(
          name
              + " is "
              + width
              + "x"
              + height
              + " pixels and takes "
              + (needed >> 20)
              + " MiB of memory to decode, of which Java has "
              + (freeHeap.getAsLong() >> 20)
              + " left; give Java more (LLAVA_JAVA_OPTS=-Xmx...) or make the image smaller");
    }
  }

  /// How an image is decoded that may be decoded coarsely: 1 for whole, k for every k-th row and
  /// column, which happens only where the whole does not fit.
  ///
  /// @throws BadInputException if not even that has room, or the options do not allow it
  int subsampling(int width, int height, int bytesPerPixel) {
    long needed = needed(width, height, bytesPerPixel);
    if (options.whenShort() == DecodeOptions.WhenShort.SUBSAMPLE && !fits(needed)) {
      long free = freeHeap.getAsLong(); // one collection is enough for all steps
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

  /// Garbage counts as used until it is collected.
  private boolean fits(long bytes) {
    if (bytes > freeHeap.getAsLong()) {
      System.gc();
    }
    return bytes <= freeHeap.getAsLong();
  }
}
