package llava4j.image.decode;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/// The largest image of an ICO file, which is a PNG file or a BMP file without its first header.
final class IcoDecoder {
  private static final int DIRECTORY = 6;
  private static final int ENTRY = 16;
  private static final int BMP_HEADER = 14;
  private static final int INFO_HEADER = 40;

  private IcoDecoder() {}

  static StoredImage decode(byte[] file, DecodeLimits limits)
      throws IOException, MalformedImageException {
    byte[] largest = largest(file);
    if (ImageFormat.sniff(largest).filter(ImageFormat.PNG::equals).isPresent()) {
      return ImageDecoder.decodePng(largest, limits);
    }
    return ImageDecoder.decodeBmp(withHeader(largest), limits);
  }

  /// The entry with most pixels; among equal ones, that with most bits per pixel, as in Pillow.
  private static byte[] largest(byte[] file) throws MalformedImageException {
    ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    int entries = in.getShort(4) & 0xFFFF;
    if (entries == 0 || DIRECTORY + ENTRY * entries > file.length) {
      throw new MalformedImageException("it is cut short");
    }
    int best = -1;
    long bestRank = -1;
    for (int i = 0; i < entries; i++) {
      int entry = DIRECTORY + ENTRY * i;
      int width = file[entry] == 0 ? 256 : file[entry] & 0xFF;
      int height = file[entry + 1] == 0 ? 256 : file[entry + 1] & 0xFF;
      long rank = (((long) width * height) << 16) + (in.getShort(entry + 6) & 0xFFFF);
      if (rank > bestRank) {
        bestRank = rank;
        best = entry;
      }
    }
    long length = Integer.toUnsignedLong(in.getInt(best + 8));
    long offset = Integer.toUnsignedLong(in.getInt(best + 12));
    if (offset + length > file.length || length < INFO_HEADER) {
      throw new MalformedImageException("it is cut short");
    }
    return Arrays.copyOfRange(file, (int) offset, (int) (offset + length));
  }

  /// The height in its header includes the transparency mask below the image.
  private static byte[] withHeader(byte[] bitmap) throws MalformedImageException {
    ByteBuffer in = ByteBuffer.wrap(bitmap).order(ByteOrder.LITTLE_ENDIAN);
    int bits = in.getShort(14);
    int colors = in.getInt(32);
    if (in.getInt(0) != INFO_HEADER || colors < 0 || colors > 256) {
      throw new MalformedImageException("its header is damaged");
    }
    int palette = bits > 8 ? 0 : 4 * (colors == 0 ? 1 << Math.max(bits, 1) : colors);
    ByteBuffer out = ByteBuffer.allocate(BMP_HEADER + bitmap.length).order(ByteOrder.LITTLE_ENDIAN);
    out.put((byte) 'B').put((byte) 'M').putInt(out.capacity()).putInt(0);
    out.putInt(BMP_HEADER + INFO_HEADER + palette).put(bitmap);
    return out.putInt(BMP_HEADER + 8, in.getInt(8) / 2).array();
  }
}
