package llava4j.image.decode;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import llava4j.image.RgbImage;

/// Decodes Truevision TGA: palette, colour and grey, plain or run-length encoded. We have our own
/// decoder, because TwelveMonkeys' plug-in is not released any more, and reads grey with
/// transparency differently from Pillow.
final class TgaDecoder {
  private static final int HEADER = 18;

  private final byte[] file;
  private final int kind;
  private final int pixelBytes;
  private final int[] palette;
  private int at;

  private TgaDecoder(byte[] file) throws MalformedImageException {
    ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    this.file = file;
    this.kind = file[2] & 7;
    this.pixelBytes = (file[16] & 0xFF) / 8;
    boolean plain =
        kind == 1 ? pixelBytes == 1 : kind == 2 ? pixelBytes >= 2 : kind == 3 && pixelBytes <= 2;
    if (!plain || pixelBytes == 0 || pixelBytes > 4) {
      throw new MalformedImageException(
          "it has "
              + (file[16] & 0xFF)
              + " bits per pixel of type "
              + file[2]
              + ", which is not supported");
    }
    this.at = HEADER + (file[0] & 0xFF);
    int colors = file[1] == 1 ? in.getShort(5) & 0xFFFF : 0;
    int first = in.getShort(3) & 0xFFFF;
    int colorBytes = ((file[7] & 0xFF) + 7) / 8;
    if (colors > 0 && (colorBytes < 2 || colorBytes > 4)) {
      throw new MalformedImageException("its palette is damaged");
    }
    requireBytes((long) colors * colorBytes);
    this.palette = new int[first + colors];
    for (int i = 0; i < colors; i++) {
      palette[first + i] = color(colorBytes);
    }
  }

  /// Whether a file may be TGA, which has no signature.
  static boolean mayBe(byte[] file) {
    if (file.length < HEADER) {
      return false;
    }
    int kind = file[2];
    int bits = file[16] & 0xFF;
    boolean paletted = kind == 1 || kind == 9;
    return (paletted ? file[1] == 1 : file[1] == 0 || file[1] == 1)
        && (paletted || kind == 2 || kind == 3 || kind == 10 || kind == 11)
        && (bits == 8 || bits == 16 || bits == 24 || bits == 32)
        && (file[12] | file[13]) != 0
        && (file[14] | file[15]) != 0
        && (file[17] & 0xC0) == 0;
  }

  static StoredImage decode(byte[] file, DecodeLimits limits) throws MalformedImageException {
    ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    int width = in.getShort(12) & 0xFFFF;
    int height = in.getShort(14) & 0xFFFF;
    limits.requireSize(width, height);
    limits.requireHeap(width, height, 3);
    boolean fromRight = (file[17] & 0x10) != 0;
    boolean fromTop = (file[17] & 0x20) != 0;
    RgbImage stored = new TgaDecoder(file).read(width, height);
    Orientation order =
        fromTop
            ? (fromRight ? Orientation.MIRRORED : Orientation.UPRIGHT)
            : (fromRight ? Orientation.ROTATED_180 : Orientation.FLIPPED);
    return new StoredImage(order.apply(stored), Orientation.UPRIGHT, false);
  }

  private RgbImage read(int width, int height) throws MalformedImageException {
    boolean runs = file[2] > 8;
    int total = width * height;
    // a run of 128 pixels takes at least a byte and a pixel
    requireBytes(runs ? total / 128L * (1 + pixelBytes) : (long) total * pixelBytes);
    byte[] pixels = new byte[3 * total];
    int done = 0;
    while (done < total) {
      int count = total - done;
      boolean same = false;
      if (runs) {
        requireBytes(1);
        int packet = file[at++];
        same = packet < 0;
        count = Math.min(count, (packet & 0x7F) + 1);
      }
      requireBytes((long) (same ? 1 : count) * pixelBytes);
      int color = 0;
      for (int i = 0; i < count; i++) {
        color = same && i > 0 ? color : pixel();
        pixels[3 * done] = (byte) (color >> 16);
        pixels[3 * done + 1] = (byte) (color >> 8);
        pixels[3 * done + 2] = (byte) color;
        done++;
      }
    }
    return new RgbImage(width, height, pixels);
  }

  private int pixel() {
    if (kind == 2) {
      return color(pixelBytes);
    }
    int value = file[at] & 0xFF;
    at += pixelBytes;
    return kind == 3 ? value * 0x010101 : value < palette.length ? palette[value] : 0;
  }

  /// Blue, green, red, and transparency that is dropped; or five bits of each.
  private int color(int bytes) {
    int low = file[at] & 0xFF;
    int middle = file[at + 1] & 0xFF;
    int high = bytes > 2 ? file[at + 2] & 0xFF : 0;
    at += bytes;
    if (bytes > 2) {
      return high << 16 | middle << 8 | low;
    }
    int word = middle << 8 | low;
    return spread(word >> 10) << 16 | spread(word >> 5) << 8 | spread(word);
  }

  /// Scales five bits to 0..255.
  private static int spread(int bits) {
    return (bits & 31) * 255 / 31;
  }

  private void requireBytes(long count) throws MalformedImageException {
    if (at + count > file.length) {
      throw new MalformedImageException("it is cut short");
    }
  }
}
