package llava4j.image.decode;

import llava4j.image.RgbImage;

/// EXIF orientations 1 to 8: how the stored image must be rotated or mirrored.
public enum Orientation {
  UPRIGHT,
  MIRRORED,
  ROTATED_180,
  FLIPPED,
  TRANSPOSED,
  ROTATED_90,
  TRANSVERSED,
  ROTATED_270;

  /// The constant for an EXIF number; numbers outside of 1..8 leave the image unchanged.
  public static Orientation ofExif(int number) {
    return number >= 1 && number <= 8 ? values()[number - 1] : UPRIGHT;
  }

  private boolean swapsSides() {
    return switch (this) {
      case UPRIGHT, MIRRORED, ROTATED_180, FLIPPED -> false;
      case TRANSPOSED, ROTATED_90, TRANSVERSED, ROTATED_270 -> true;
    };
  }

  /// The image in upright orientation. The same object if it is upright already.
  public RgbImage apply(RgbImage stored) {
    if (this == UPRIGHT) {
      return stored;
    }
    int width = stored.width();
    int height = stored.height();
    int outWidth = swapsSides() ? height : width;
    int outHeight = swapsSides() ? width : height;
    byte[] source = stored.pixels();
    byte[] target = new byte[source.length];
    int out = 0;
    for (int y = 0; y < outHeight; y++) {
      int from = sourceIndex(0, y, width, height) * 3;
      int step = outWidth > 1 ? sourceIndex(1, y, width, height) * 3 - from : 0;
      for (int x = 0; x < outWidth; x++, from += step, out += 3) {
        target[out] = source[from];
        target[out + 1] = source[from + 1];
        target[out + 2] = source[from + 2];
      }
    }
    return new RgbImage(outWidth, outHeight, target);
  }

  /// The index of the stored pixel for (x, y).
  private int sourceIndex(int x, int y, int width, int height) {
    return switch (this) {
      case UPRIGHT -> y * width + x;
      case MIRRORED -> y * width + (width - 1 - x);
      case ROTATED_180 -> (height - 1 - y) * width + (width - 1 - x);
      case FLIPPED -> (height - 1 - y) * width + x;
      case TRANSPOSED -> x * width + y;
      case ROTATED_90 -> (height - 1 - x) * width + y;
      case TRANSVERSED -> (height - 1 - x) * width + (width - 1 - y);
      case ROTATED_270 -> x * width + (width - 1 - y);
    };
  }
}
