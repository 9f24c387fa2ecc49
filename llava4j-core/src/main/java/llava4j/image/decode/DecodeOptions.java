package llava4j.image.decode;

import llava4j.error.BadInputException;

/// Options for decoding images.
///
/// @param honourOrientation rotate the image as its EXIF orientation says. TIFF files are always
///   rotated, as in Pillow
/// @param grey16 how 16-bit grey is converted
/// @param maxPixels largest width times height; checked with the header before memory is allocated
/// @param whenShort what to do if a JPEG image does not fit into the heap
public record DecodeOptions(
    boolean honourOrientation, Grey16 grey16, long maxPixels, WhenShort whenShort) {
  /// How 16-bit grey samples are converted.
  public enum Grey16 {
    /// The upper eight bits: the expected result.
    SCALE,
    /// min(value, 255), as in Pillow's `convert("RGB")`: most images become nearly white.
    SATURATE
  }

  /// What to do if a JPEG image does not fit into the heap. Images of other formats are refused
  /// then.
  public enum WhenShort {
    /// Every second, third, ... row and column is decoded; [DecodedImage#subsampling] says so.
    SUBSAMPLE,
    /// It is refused, so that no result depends on the size of the heap.
    REFUSE
  }

  /// Pillow's limit, beyond which it assumes a decompression bomb.
  public static final long DEFAULT_MAX_PIXELS = 179_000_000L;

  /// The largest possible limit: a byte array has to hold three or four bytes per pixel.
  public static final long LARGEST_MAX_PIXELS = Integer.MAX_VALUE / 4;

  public DecodeOptions {
    if (maxPixels < 1 || maxPixels > LARGEST_MAX_PIXELS) {
      throw new BadInputException(
          "--max-pixels must be between 1 and " + LARGEST_MAX_PIXELS + ", not " + maxPixels);
    }
  }

  /// For images of users: rotated upright, 16-bit grey visible, subsampled instead of refused.
  public static DecodeOptions defaults() {
    return new DecodeOptions(true, Grey16.SCALE, DEFAULT_MAX_PIXELS, WhenShort.SUBSAMPLE);
  }

  /// As in the published training and evaluation code: EXIF ignored, 16-bit grey saturated.
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
