package llava4j.image.decode;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// The header of a BMP file, and a copy of the file without parts that the JDK's reader would
/// trust: unchecked sizes, colour profiles (which may even name a file on this machine), and whole
/// JPEG or PNG files in place of pixels.
///
/// @param width in pixels
/// @param height in pixels
/// @param stream the file, its header corrected
record BmpHeader(int width, int height, byte[] stream) {
  private static final int FILE_HEADER = 14;
  private static final int OLD_HEADER = 12;
  private static final int INFO_HEADER = 40;
  private static final int V4_HEADER = 108;
  private static final int V5_HEADER = 124;
  private static final int SRGB = 0x73524742;
  private static final int RLE8 = 1;
  private static final int RLE4 = 2;
  private static final int BIT_FIELDS = 3;

  /// Reads the header.
  ///
  /// @throws MalformedImageException if it is invalid or the file is not a bitmap
  static BmpHeader parse(byte[] file) throws MalformedImageException {
    byte[] copy = file.clone();
    ByteBuffer out = ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN);
    long data = Integer.toUnsignedLong(out.getInt(10));
    long header = Integer.toUnsignedLong(out.getInt(FILE_HEADER));
    if (header < OLD_HEADER || FILE_HEADER + header > file.length || data > file.length) {
      throw new MalformedImageException("it is cut short or its header is damaged");
    }
    out.putInt(2, file.length);
    if (header == OLD_HEADER) {
      return new BmpHeader(out.getShort(18) & 0xFFFF, Math.abs((int) out.getShort(20)), copy);
    }
    if (header < INFO_HEADER) {
      throw new MalformedImageException("it has an OS/2 header, which is not supported");
    }
    int compression = out.getInt(30);
    if (compression != 0
        && compression != RLE8
        && compression != RLE4
        && compression != BIT_FIELDS) {
      throw new MalformedImageException(
          "it has the compression "
              + Integer.toUnsignedString(compression)
              + ", which is not supported");
    }
    out.putInt(34, 0);
    if (out.getShort(28) > 8) {
      out.putInt(46, 0); // a palette in a true-colour image is only a hint for old screens
    }
    if (header == V4_HEADER || header == V5_HEADER) {
      out.putInt(FILE_HEADER + 56, SRGB);
    }
    if (header == V5_HEADER) {
      out.putInt(FILE_HEADER + 112, 0).putInt(FILE_HEADER + 116, 0);
    }
    return new BmpHeader(out.getInt(18), Math.abs(out.getInt(22)), copy);
  }
}
