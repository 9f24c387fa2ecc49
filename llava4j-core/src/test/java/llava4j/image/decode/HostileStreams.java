package llava4j.image.decode;

import static llava4j.image.decode.HostileImages.MANY_BYTES;
import static llava4j.image.decode.HostileImages.join;
import static llava4j.image.decode.HostileImages.repeat;
import static llava4j.image.decode.HostileImages.text;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Supplier;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/// Images whose code streams promise more parts than they have, or say the same again and again.
final class HostileStreams {
  private HostileStreams() {}

  /// Each by a name; made when it is asked for.
  static void addTo(Map<String, Supplier<byte[]>> all) {
    all.put("TIFF with a JPEG stream of many scans", HostileStreams::tiffOfScans);
    all.put("TIFF whose JPEG streams overlap", HostileStreams::tiffOfOverlaps);
    all.put("JPEG 2000 of many small blocks", () -> jpeg2000(13_000, 0, 1, 13_000, 1));
    all.put("JPEG 2000 of many precincts", () -> jpeg2000(13_000, 0, 1, 13_000, 0x100));
    all.put("JPEG 2000 of many layers", () -> jpeg2000(32, 4, 65_535, 32, 1));
    all.put("JPEG 2000 of which most tiles are missing", () -> jpeg2000(13_000, 4, 1, 52, 1));
    all.put("JPEG 2000 of tiles without a size", () -> jpeg2000(32, 4, 1, 0, 1));
  }

  /// One component in one tile-part of empty packets.
  ///
  /// @param precincts 1 for the largest, 0x100 for those of 2 by 2
  private static byte[] jpeg2000(int side, int block, int layers, int tile, int precincts) {
    boolean own = precincts != 1;
    ByteBuffer out = ByteBuffer.allocate(256);
    out.putInt(0xFF4FFF51).putShort((short) 41).putShort((short) 0).putInt(side).putInt(side);
    out.putInt(0).putInt(0).putInt(tile).putInt(tile).putInt(0).putInt(0);
    out.putShort((short) 1).put((byte) 7).put((byte) 1).put((byte) 1);
    out.putShort((short) 0xFF52).putShort((short) (own ? 13 : 12)).put((byte) (own ? 1 : 0));
    out.put((byte) 0).putShort((short) layers).put((byte) 0).put((byte) 0); // no levels
    out.put((byte) block).put((byte) block).put((byte) 0).put((byte) 1);
    if (own) {
      out.put((byte) 0x11);
    }
    out.putShort((short) 0xFF5C).putShort((short) 4).put((byte) 0x40).put((byte) 0x40);
    out.putShort((short) 0xFF90).putShort((short) 10).putShort((short) 0).putInt(30);
    out.put((byte) 0).put((byte) 1).putShort((short) 0xFF93).position(out.position() + 16);
    return Arrays.copyOf(out.putShort((short) 0xFFD9).array(), out.position());
  }

  /// A progressive JPEG stream whose last scan stands there again and again.
  private static byte[] tiffOfScans() {
    byte[] file = progressiveJpeg(2000);
    int scan = lastIndexOf(file, 0xFF, 0xDA);
    byte[] once = Arrays.copyOfRange(file, scan, file.length - 2);
    byte[] stream =
        join(Arrays.copyOf(file, file.length - 2), repeat(once, 20_000), text("\u00ff\u00d9"));
    return jpegTiff(stream, 2000, 2000, new int[] {0}, new int[] {stream.length});
  }

  /// Many strips in the same long padding before a frame.
  private static byte[] tiffOfOverlaps() {
    byte[] stream = new byte[MANY_BYTES];
    Arrays.fill(stream, (byte) 0xFF);
    int[] offsets = new int[100_000];
    int[] lengths = new int[offsets.length];
    for (int i = 0; i < offsets.length; i++) {
      offsets[i] = i;
      lengths[i] = MANY_BYTES - offsets.length;
    }
    return jpegTiff(stream, 32, 1, offsets, lengths);
  }

  private static byte[] progressiveJpeg(int side) {
    var image = new BufferedImage(side, side, BufferedImage.TYPE_BYTE_GRAY);
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    ImageWriteParam parameters = writer.getDefaultWriteParam();
    parameters.setProgressiveMode(ImageWriteParam.MODE_DEFAULT);
    var bytes = new ByteArrayOutputStream();
    try (var out = new MemoryCacheImageOutputStream(bytes)) {
      writer.setOutput(out);
      writer.write(null, new IIOImage(image, null, null), parameters);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }

  /// Grey JPEG strips of a row, or of all rows where there is one.
  private static byte[] jpegTiff(
      byte[] streams, int width, int height, int[] offsets, int[] lengths) {
    int count = offsets.length;
    int lists = 8 + streams.length;
    int directory = lists + 8 * count;
    int[][] tags = {
      {256, 1, width},
      {257, 1, height * count},
      {258, 1, 8},
      {259, 1, 7},
      {262, 1, 1},
      {273, count, count == 1 ? 8 + offsets[0] : lists},
      {277, 1, 1},
      {278, 1, height},
      {279, count, count == 1 ? lengths[0] : lists + 4 * count}
    };
    ByteBuffer out = ByteBuffer.allocate(directory + 2 + 12 * tags.length + 4);
    out.order(ByteOrder.LITTLE_ENDIAN).put(text("II*\0")).putInt(directory).put(streams);
    for (int offset : offsets) {
      out.putInt(8 + offset);
    }
    for (int length : lengths) {
      out.putInt(length);
    }
    out.putShort((short) tags.length);
    for (int[] tag : tags) {
      out.putShort((short) tag[0]).putShort((short) 4).putInt(tag[1]).putInt(tag[2]);
    }
    return out.array();
  }

  private static int lastIndexOf(byte[] bytes, int first, int second) {
    for (int i = bytes.length - 2; i >= 0; i--) {
      if ((bytes[i] & 0xFF) == first && (bytes[i + 1] & 0xFF) == second) {
        return i;
      }
    }
    throw new AssertionError("not found");
  }
}
