package llava4j.image;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import llava4j.io.Sha256;

/// An image of 8-bit red, green and blue, row-major and interleaved: byte `(y * width + x) * 3 +
/// c`.
public final class RgbImage {
  private final int width;
  private final int height;
  private final byte[] pixels;

  /// Uses `pixels` without a copy: the caller must not modify it afterwards.
  ///
  /// @throws IllegalArgumentException if the sides are not positive or the length is not `width *
  ///   height * 3`
  public RgbImage(int width, int height, byte[] pixels) {
    if (width < 1 || height < 1 || pixels.length != 3L * width * height) {
      throw new IllegalArgumentException(
          "image of " + width + "x" + height + " with " + pixels.length + " bytes");
    }
    this.width = width;
    this.height = height;
    this.pixels = pixels;
  }

  /// An image of one colour.
  public static RgbImage filled(int width, int height, RgbColor color) {
    byte[] pixels = new byte[Math.multiplyExact(Math.multiplyExact(width, height), 3)];
    if (!color.equals(RgbColor.BLACK)) {
      for (int i = 0; i < pixels.length; i += 3) {
        pixels[i] = (byte) color.red();
        pixels[i + 1] = (byte) color.green();
        pixels[i + 2] = (byte) color.blue();
      }
    }
    return new RgbImage(width, height, pixels);
  }

  public int width() {
    return width;
  }

  public int height() {
    return height;
  }

  /// The bytes themselves, not a copy; do not modify them.
  public byte[] pixels() {
    return pixels;
  }

  /// Copies this image into `canvas`, its top left corner at (`left`, `top`). It must fit.
  public void copyInto(byte[] canvas, int canvasWidth, int left, int top) {
    for (int y = 0; y < height; y++) {
      System.arraycopy(
          pixels, y * width * 3, canvas, ((top + y) * canvasWidth + left) * 3, width * 3);
    }
  }

  /// The part of `cropWidth` x `cropHeight` pixels with its top left corner at (`left`, `top`); it
  /// must be inside.
  RgbImage crop(int left, int top, int cropWidth, int cropHeight) {
    byte[] part = new byte[cropWidth * cropHeight * 3];
    for (int y = 0; y < cropHeight; y++) {
      System.arraycopy(
          pixels, ((top + y) * width + left) * 3, part, y * cropWidth * 3, cropWidth * 3);
    }
    return new RgbImage(cropWidth, cropHeight, part);
  }

  /// SHA-256 of the size and the pixels, as hexadecimal digits: the key of image caches.
  public String sha256() {
    MessageDigest digest = Sha256.fresh();
    digest.update(ByteBuffer.allocate(8).putInt(width).putInt(height).array());
    digest.update(pixels);
    return Sha256.of(digest);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RgbImage image
        && image.width == width
        && image.height == height
        && Arrays.equals(image.pixels, pixels);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * width + height) + Arrays.hashCode(pixels);
  }

  @Override
  public String toString() {
    return "RgbImage[" + width + "x" + height + "]";
  }
}
