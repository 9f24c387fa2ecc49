package llava4j.image;

/// How to decode.
///
/// @param honourOrientation turn the picture as its EXIF orientation says. TIFF files are always
///   turned, as Pillow does
/// @param grey16 what becomes of 16-bit grey
/// @param maxPixels largest width times height that is decoded; read from the header before
///   anything is allocated
public record DecodeOptions(boolean honourOrientation, Grey16 grey16, long maxPixels) {
  /// What becomes of 16-bit grey samples.
  public enum Grey16 {
    /// The upper eight bits: what one expects to see.
    SCALE,
    /// min(value, 255), as Pillow's `convert("RGB")`: nearly everything turns white.
    SATURATE
  }

  public static final long DEFAULT_MAX_PIXELS = 100_000_000L;

  public DecodeOptions {
    // a byte array holds three bytes for each pixel
    if (maxPixels < 1 || maxPixels > Integer.MAX_VALUE / 4) {
      throw new IllegalArgumentException("maxPixels " + maxPixels);
    }
  }

  /// For pictures that people send: upright, 16-bit grey visible.
  public static DecodeOptions defaults() {
    return new DecodeOptions(true, Grey16.SCALE, DEFAULT_MAX_PIXELS);
  }

  /// What the published training and evaluation code sees: EXIF ignored, 16-bit grey saturated.
  public static DecodeOptions reference() {
    return new DecodeOptions(false, Grey16.SATURATE, DEFAULT_MAX_PIXELS);
  }

  public DecodeOptions withMaxPixels(long limit) {
    return new DecodeOptions(honourOrientation, grey16, limit);
  }
}
