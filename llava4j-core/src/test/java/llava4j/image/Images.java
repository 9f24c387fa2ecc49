package llava4j.image;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import javax.imageio.ImageIO;

/// Small image files made on the spot.
public final class Images {
  private Images() {}

  /// A smooth image with hard edges, as ImageIO writes it.
  public static byte[] encoded(String format, int width, int height) {
    var image = new BufferedImage(width, height, BufferedImage.TYPE_3BYTE_BGR);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        image.setRGB(x, y, pixel(x, y));
      }
    }
    return encoded(format, image);
  }

  public static int pixel(int x, int y) {
    return (x * 7 & 0xFF) << 16 | (y * 5 & 0xFF) << 8 | ((x / 8 + y / 8) % 2 * 200);
  }

  public static byte[] encoded(String format, BufferedImage image) {
    try {
      var out = new ByteArrayOutputStream();
      if (!ImageIO.write(image, format, out)) {
        throw new AssertionError("ImageIO cannot write " + format);
      }
      return out.toByteArray();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /// A JPEG file with an EXIF segment that holds an orientation and nothing else.
  public static byte[] withExif(byte[] jpeg, int orientation) {
    byte[] segment = {
      (byte) 0xFF,
      (byte) 0xE1,
      0,
      34,
      'E',
      'x',
      'i',
      'f',
      0,
      0,
      'M',
      'M',
      0,
      42,
      0,
      0,
      0,
      8,
      0,
      1,
      1,
      0x12,
      0,
      3,
      0,
      0,
      0,
      1,
      0,
      (byte) orientation,
      0,
      0,
      0,
      0,
      0,
      0
    };
    return ByteBuffer.allocate(jpeg.length + segment.length)
        .put(jpeg, 0, 2)
        .put(segment)
        .put(jpeg, 2, jpeg.length - 2)
        .array();
  }

  /// A PNG file; `raw` are the scan lines with their filter bytes.
  public static byte[] png(int width, int height, int bits, int colorType, byte[] raw) {
    var deflater = new Deflater();
    deflater.setInput(raw);
    deflater.finish();
    byte[] packed = new byte[raw.length + 64];
    int length = deflater.deflate(packed);
    deflater.end();
    var out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'});
    byte[] header =
        ByteBuffer.allocate(13)
            .putInt(width)
            .putInt(height)
            .put((byte) bits)
            .put((byte) colorType)
            .array();
    chunk(out, "IHDR", header, header.length);
    chunk(out, "IDAT", packed, length);
    chunk(out, "IEND", new byte[0], 0);
    return out.toByteArray();
  }

  /// A chunk of PNG with its checksum.
  public static byte[] chunk(String type, byte[] data) {
    var out = new ByteArrayOutputStream(data.length + 12);
    chunk(out, type, data, data.length);
    return out.toByteArray();
  }

  private static void chunk(ByteArrayOutputStream out, String type, byte[] data, int length) {
    byte[] body =
        ByteBuffer.allocate(4 + length)
            .put(type.getBytes(java.nio.charset.StandardCharsets.US_ASCII))
            .put(data, 0, length)
            .array();
    var crc = new CRC32();
    crc.update(body);
    out.writeBytes(ByteBuffer.allocate(4).putInt(length).array());
    out.writeBytes(body);
    out.writeBytes(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
  }

  /// One pixel, lossless.
  public static byte[] webpLossless() {
    return Base64.getDecoder().decode("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==");
  }

  /// One pixel, lossy.
  public static byte[] webpLossy() {
    return Base64.getDecoder().decode("UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA");
  }

  /// One pixel, marked as animated.
  public static byte[] webpAnimated() {
    return Base64.getDecoder()
        .decode(
            "UklGRlIAAABXRUJQVlA4WAoAAAASAAAAAAAAAAAAQU5JTQYAAAD/////AABBTk1GJgAAAAAAAAAAAAAAAAAAAGQA"
                + "AABWUDhMDQAAAC8AAAAQBxAREYiI/gcA");
  }
}
