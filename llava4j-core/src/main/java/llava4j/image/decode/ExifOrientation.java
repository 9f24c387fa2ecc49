package llava4j.image.decode;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Reads the orientation in a block of EXIF data, which is a small TIFF file. Nothing else of it is
/// read, because hostile EXIF data may have millions of tags or loops.
final class ExifOrientation {
  private static final byte[] PREFIX = "Exif\0\0".getBytes(StandardCharsets.ISO_8859_1);
  private static final int TAG = 0x0112;

  private ExifOrientation() {}

  /// The orientation in the first directory; upright if it is missing or the data is damaged,
  /// because damaged metadata is no reason to refuse the image.
  ///
  /// @param exif with or without its prefix `Exif\0\0`; empty if there is none
  static Orientation of(byte[] exif) {
    byte[] tiff =
        exif.length >= PREFIX.length
                && Arrays.equals(exif, 0, PREFIX.length, PREFIX, 0, PREFIX.length)
            ? Arrays.copyOfRange(exif, PREFIX.length, exif.length)
            : exif;
    try {
      return tiff.length < 8 ? Orientation.UPRIGHT : read(TiffDirectory.parse(tiff));
    } catch (MalformedImageException _) {
      return Orientation.UPRIGHT;
    }
  }

  /// The orientation in a directory.
  static Orientation read(TiffDirectory directory) {
    Orientation found = Orientation.UPRIGHT;
    for (int i = 0; i < directory.entries(); i++) {
      if (directory.tag(i) == TAG && directory.count(i) == 1) {
        ByteBuffer value = directory.inlineValue(i);
        int number =
            switch (directory.type(i)) {
              case 1 -> value.get() & 0xFF;
              case 3 -> value.getShort() & 0xFFFF;
              case 4 -> value.getInt();
              default -> 0;
            };
        found = Orientation.ofExif(number);
      }
    }
    return found;
  }

  /// The byte order of a TIFF file, by its first two bytes.
  static ByteOrder order(byte[] tiff) {
    return tiff[0] == 'M' ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
  }
}
