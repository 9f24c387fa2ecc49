package llava4j.image.decode;

import llava4j.error.BadInputException;

/// How to decode.
///
/// @param honourOrientation turn the image as its EXIF orientation says. TIFF files are always
///   turned, as Pillow does
/// @param grey16 what becomes of 16-bit grey
/// @param maxPixels largest width times height that is decoded; read from the header before
///   anything is allocated
/// @param whenShort what becomes of a JPEG image that does not fit into the heap
public record DecodeOptions(
    boolean honourOrientation, Grey16 grey16, long maxPixels, WhenShort whenShort) {
  /// What becomes of 16-bit grey samples.
  public enum Grey16 {
    /// The upper eight bits: what one expects to see.
    SCALE,
    /// min(value, 255), as Pillow's `convert("RGB")`: nearly everything turns white.
    SATURATE
  }

  /// What becomes of a JPEG image that does not fit into the heap. Images of other formats are
  /// refused.
  public enum WhenShort {
    /// Every second, third, ... row and column is decoded; [DecodedImage#subsampling] says so.
    SUBSAMPLE,
    /// It is refused, so that no result depends on the size of the heap.
    REFUSE
  }

  /// As many as Pillow decodes before it takes an image for an attack.
  public static final long DEFAULT_MAX_PIXELS = 179_000_000L;

  /// The most that can be asked for: a byte array holds three or four bytes for each pixel.
  public static final long LARGEST_MAX_PIXELS = Integer.MAX_VALUE / 4;

  public DecodeOptions {
    if (maxPixels < 1 || maxPixels > LARGEST_MAX_PIXELS) {
      throw new BadInputException(
          "--max-pixels must be between 1 and " + LARGEST_MAX_PIXELS + ", not " + maxPixels);
    }
  }

  /// For images that people send: upright, 16-bit grey visible, coarse rather than refused.
  public static DecodeOptions defaults() {
    return new DecodeOptions(true, Grey16.SCALE, DEFAULT_MAX_PIXELS, WhenShort.SUBSAMPLE);
  }

  /// What the published training and evaluation code sees: EXIF ignored, 16-bit grey saturated.
  public static DecodeOptions reference() {
    return new DecodeOptions(false, Grey16.SATURATE, DEFAULT_MAX_PIXELS, WhenShort.REFUSE);
  }

  public DecodeOptions withMaxPixels(long limit) {
    return new DecodeOptions(honourOrientation, grey16, limit, whenShort);
  }

  public DecodeOptions withHonourOrientation(boolean honour) {
    return new DecodeOptions(honour, grey16, maxPixels, whenShort);
  }
}
