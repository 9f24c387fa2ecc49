package llava4j.image.decode;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;

/// The chunks of a PNG file, and a copy of the file with only the chunks that determine the pixels.
///
/// Text and colour profiles are compressed and may inflate to gigabytes, and the JDK's reader would
/// inflate all of them. Pillow uses neither profiles nor gamma.
///
/// @param width in pixels, as the header claims
/// @param height in pixels, as the header claims
/// @param animated whether there are more frames than the image itself (APNG)
/// @param exif the EXIF data, empty if none
/// @param stream header, palette, image data in one chunk, end
record PngHeader(int width, int height, boolean animated, byte[] exif, byte[] stream) {

  private static final int HEADER = 0x49484452; // IHDR
  private static final int PALETTE = 0x504C5445; // PLTE
  private static final int DATA = 0x49444154; // IDAT
  private static final int END = 0x49454E44; // IEND
  private static final int ANIMATION = 0x6163544C; // acTL
  private static final int EXIF = 0x65584966; // eXIf

  private static final int SIGNATURE_BYTES = 8;
  private static final int HEADER_BYTES = 13;

  /// Maximum number of bytes to which one byte can inflate.
  private static final int MOST_INFLATION = 1032;

  private static final int PALETTE_BYTES = 3 * 256;

  /// Reads the chunks, and the data only of those that are kept.
  ///
  /// @throws MalformedImageException if there is no image
  static PngHeader parse(byte[] file) throws MalformedImageException {
    ByteBuffer in = ByteBuffer.wrap(file);
    byte[] palette = new byte[0];
    byte[] exif = new byte[0];
    boolean animated = false;
    boolean dataEnded = false;
    var data = new ByteArrayOutputStream();
    if (file.length < SIGNATURE_BYTES + 8 + HEADER_BYTES
        || in.getInt(SIGNATURE_BYTES) != HEADER_BYTES
        || in.getInt(SIGNATURE_BYTES + 4) != HEADER) {
      throw new MalformedImageException("it does not begin with a header");
    }
    long at = SIGNATURE_BYTES;
    while (at + 8 <= file.length) {
      int body = (int) at + 8;
      long claimed = Integer.toUnsignedLong(in.getInt(body - 8));
      int type = in.getInt(body - 4);
      int length = (int) Math.min(claimed, file.length - body);
      if (type == END) {
        break;
      } else if (type == DATA && !dataEnded) {
        data.write(file, body, length);
      } else if (data.size() > 0) {
        dataEnded = true;
      }
      if (type == PALETTE && palette.length == 0) {
        if (claimed > PALETTE_BYTES) {
          throw new MalformedImageException("its palette has more than 256 colours");
        }
        palette = Arrays.copyOfRange(file, body, body + length);
      } else if (type == EXIF && exif.length == 0) {
        exif = Arrays.copyOfRange(file, body, body + length);
      }
      animated |= type == ANIMATION && data.size() == 0;
      at = body + claimed + 4;
    }
    if (data.size() == 0) {
      throw new MalformedImageException("it ends before the image begins");
    }
    int width = in.getInt(SIGNATURE_BYTES + 8);
    int height = in.getInt(SIGNATURE_BYTES + 12);
    return new PngHeader(width, height, animated, exif, assemble(file, palette, data));
  }

  /// Refuses a truncated file before memory for its pixels is allocated.
  ///
  /// @throws MalformedImageException if the data cannot inflate to one bit per pixel
  void requireData() throws MalformedImageException {
    if ((long) width * height / 8 / MOST_INFLATION > stream.length) {
      throw new MalformedImageException("it is cut short");
    }
  }

  private static byte[] assemble(byte[] file, byte[] palette, ByteArrayOutputStream data) {
    int paletteChunk = palette.length > 0 ? 12 + palette.length : 0;
    ByteBuffer out =
        ByteBuffer.allocate(
            SIGNATURE_BYTES + 12 + HEADER_BYTES + paletteChunk + 12 + data.size() + 12);
    out.put(file, 0, SIGNATURE_BYTES);
    chunk(out, HEADER, Arrays.copyOfRange(file, 16, 16 + HEADER_BYTES));
    if (palette.length > 0) {
      chunk(out, PALETTE, palette);
    }
    chunk(out, DATA, data.toByteArray());
    chunk(out, END, new byte[0]);
    return out.array();
  }

  /// Bytes of a pixel's samples in memory; 0 if the image's own array is used.
  int pixelBytes() {
    int bits = stream[SIGNATURE_BYTES + 16];
    int samples =
        switch (stream[SIGNATURE_BYTES + 17]) {
          case 2 -> 3;
          case 4 -> 2;
          case 6 -> 4;
          default -> 1;
        };
    return samples == 3 && bits == 8 ? 0 : samples * (bits == 16 ? 2 : 1);
  }

  /// The checksum is 0, because the JDK's reader does not check it.
  private static void chunk(ByteBuffer out, int type, byte[] data) {
    out.putInt(data.length).putInt(type).put(data).putInt(0);
  }
}
