package llava4j.image.decode;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.zip.Deflater;
import llava4j.image.Images;

/// Images of 32 by 32 pixels with as much as possible around them, and claims of sizes that are not
/// there.
final class HostileImages {
  static final int MANY_BYTES = 40 << 20;

  private HostileImages() {}

  /// Each by a name; made when it is asked for.
  static Map<String, Supplier<byte[]>> all() {
    Map<String, Supplier<byte[]>> all = new LinkedHashMap<>();
    addPng(all);
    addJpeg(all);
    addGif(all);
    addWebp(all);
    addTiff(all);
    addBmp(all);
    HostileStreams.addTo(all);
    return all;
  }

  private static void addPng(Map<String, Supplier<byte[]>> all) {
    all.put("PNG with a bomb in zTXt", () -> png("zTXt", join(text("a\0\0"), bomb())));
    all.put("PNG with a bomb in iTXt", () -> png("iTXt", join(text("a\0\1\0\0\0"), bomb())));
    all.put("PNG with a bomb in iCCP", () -> png("iCCP", join(text("a\0\0"), bomb())));
    all.put("PNG with long tEXt", () -> png("tEXt", join(text("a\0"), new byte[MANY_BYTES])));
    all.put("PNG with long sPLT", () -> png("sPLT", join(text("a\0\10"), new byte[MANY_BYTES])));
    all.put("PNG with long eXIf", () -> png("eXIf", bigExif()));
    all.put(
        "PNG with many bombs",
        () -> pngWith(repeat(Images.chunk("zTXt", join(text("a\0\0"), bomb())), 10)));
    all.put(
        "PNG with many chunks",
        () -> pngWith(repeat(Images.chunk("tEXt", text("a\0b")), MANY_BYTES / 15)));
    all.put(
        "PNG with many empty IDAT",
        () -> pngWith(repeat(Images.chunk("IDAT", new byte[0]), MANY_BYTES / 12)));
    all.put(
        "PNG with many frames",
        () ->
            pngWith(
                join(
                    Images.chunk("acTL", new byte[8]),
                    repeat(
                        join(Images.chunk("fcTL", new byte[26]), Images.chunk("fdAT", new byte[4])),
                        300_000))));
    all.put(
        "PNG whose image is a bomb",
        () -> {
          byte[] whole = Images.encoded("png", 32, 32);
          return join(Arrays.copyOf(whole, 33), Images.chunk("IDAT", bomb()));
        });
    all.put("PNG of many pixels without data", () -> Images.png(13000, 13000, 8, 6, new byte[9]));
  }

  private static void addJpeg(Map<String, Supplier<byte[]>> all) {
    all.put("JPEG with many EXIF segments", () -> jpegWith(repeat(segment(0xE1, exif60k()), 700)));
    all.put(
        "JPEG with many comments",
        () -> jpegWith(repeat(segment(0xFE, new byte[0]), MANY_BYTES / 4)));
    all.put(
        "JPEG with a long profile", () -> jpegWith(repeat(segment(0xE2, new byte[65_000]), 255)));
    all.put(
        "JPEG with many tables", () -> jpegWith(repeat(segment(0xDB, filled(65, 1, 0)), 300_000)));
    all.put(
        "JPEG with long padding",
        () -> {
          byte[] padding = new byte[MANY_BYTES];
          Arrays.fill(padding, (byte) 0xFF);
          return jpegWith(padding);
        });
    all.put(
        "JPEG of many pixels without data",
        () -> {
          byte[] file = Images.encoded("jpeg", 32, 32);
          ByteBuffer.wrap(file).putInt(indexOf(file, 0xFF, 0xC0) + 5, 13000 << 16 | 13000);
          return file;
        });
    all.put(
        "JPEG with many scans",
        () -> {
          byte[] file = Images.encoded("jpeg", 32, 32);
          int scan = indexOf(file, 0xFF, 0xDA);
          byte[] once = Arrays.copyOfRange(file, scan, file.length - 2);
          return join(
              Arrays.copyOf(file, file.length - 2), repeat(once, 20_000), text("\u00ff\u00d9"));
        });
  }

  private static void addGif(Map<String, Supplier<byte[]>> all) {
    byte[] gif = Images.encoded("gif", 32, 32);
    int frame = GifHeader.SCREEN_BYTES + 3 * (2 << (gif[10] & 7));
    byte[] start = Arrays.copyOf(gif, frame);
    byte[] rest = Arrays.copyOfRange(gif, frame, gif.length);
    byte[] longest = repeat(join(text("\u00ff"), new byte[255]), MANY_BYTES / 256);
    byte[] extension = join(text("!\u00fe"), longest, text("\0"));
    all.put("GIF with a long comment", () -> join(start, extension, rest));
    all.put(
        "GIF with a long extension",
        () ->
            join(
                start,
                text("!\u00ff\u000bABCDEFGHIJK"),
                repeat(text("\1x"), MANY_BYTES / 2),
                text("\0"),
                rest));
    all.put(
        "GIF with many extensions",
        () -> join(start, repeat(text("!\u00fe\0"), MANY_BYTES / 3), rest));
    byte[] again = Arrays.copyOf(rest, rest.length - 1);
    all.put(
        "GIF with many frames",
        () -> join(start, repeat(again, MANY_BYTES / again.length), text(";")));
    all.put(
        "GIF with a long comment behind its frame", () -> join(start, again, extension, text(";")));
  }

  private static void addWebp(Map<String, Supplier<byte[]>> all) {
    byte[] simple = Images.webpLossless();
    byte[] image = Arrays.copyOfRange(simple, 12, simple.length);
    all.put(
        "WebP with a long profile", () -> webp(0x20, chunk("ICCP", new byte[MANY_BYTES]), image));
    all.put("WebP with long EXIF", () -> webp(0x08, image, chunk("EXIF", bigExif())));
    all.put(
        "WebP with many chunks",
        () -> webp(0, repeat(chunk("XXXX", new byte[0]), MANY_BYTES / 8), image));
    all.put(
        "WebP with many frames",
        () ->
            webp(
                2,
                chunk("ANIM", new byte[6]),
                repeat(chunk("ANMF", join(new byte[16], image)), 200_000)));
  }

  private static void addTiff(Map<String, Supplier<byte[]>> all) {
    all.put(
        "TIFF whose directories loop",
        () -> {
          byte[] file = tiff();
          ByteBuffer buffer = little(file);
          int directory = buffer.getInt(4);
          int entries = buffer.getShort(directory);
          buffer.putInt(directory + 2 + 12 * entries, directory);
          return file;
        });
    all.put("TIFF with a tag that claims gigabytes", () -> tiffWith(50_000, 12, 0x7FFFFFFF, 8));
    all.put("TIFF with a profile that claims gigabytes", () -> tiffWith(34_675, 7, 0x7FFFFFFF, 8));
    all.put("TIFF with an EXIF directory that loops", () -> tiffWith(34_665, 4, 1, 8));
    all.put("TIFF with many strips", () -> tiffWith(273, 4, 0x3FFFFFFF, 8));
    all.put("TIFF with many samples", () -> tiffWith(277, 3, 1, 65_535));
    all.put("TIFF with long samples", () -> tiffWith(258, 3, 1, 65_535));
    all.put("TIFF with wide tiles", () -> tiffWith(322, 4, 1, 0x7FFFFFF0));
    all.put("TIFF with strips of no rows", () -> tiffWith(278, 4, 1, 0));
    all.put(
        "TIFF with many tags",
        () -> {
          byte[] file = tiff();
          ByteBuffer out = ByteBuffer.allocate(file.length + 6 + 12 * 60_000 + MANY_BYTES);
          out.order(ByteOrder.LITTLE_ENDIAN).put(file).putInt(4, file.length);
          int old = little(file).getInt(4);
          out.putShort((short) 60_000).put(file, old + 2, 12 * little(file).getShort(old));
          while (out.position() < file.length + 2 + 12 * 60_000) {
            out.putShort((short) 50_000).putShort((short) 7).putInt(MANY_BYTES).putInt(8);
          }
          return out.array();
        });
  }

  private static void addBmp(Map<String, Supplier<byte[]>> all) {
    all.put("BMP whose data lies far away", () -> bmp(10, Integer.MAX_VALUE));
    all.put("BMP with a long header", () -> bmp(14, Integer.MAX_VALUE));
    all.put("BMP of the least height", () -> bmp(22, Integer.MIN_VALUE));
    all.put("BMP that claims gigabytes of data", () -> bmp(34, Integer.MAX_VALUE));
    all.put("BMP that claims many colours", () -> bmp(46, Integer.MAX_VALUE));
    all.put("BMP that claims to be a JPEG file", () -> bmp(30, 4));
    all.put(
        "BMP with a profile that claims gigabytes",
        () -> {
          byte[] plain = Images.encoded("bmp", 32, 32);
          ByteBuffer out = ByteBuffer.allocate(plain.length + 84).order(ByteOrder.LITTLE_ENDIAN);
          out.put(plain, 0, 54).putInt(10, 14 + 124).putInt(14, 124);
          out.putInt(14 + 56, 0x4D424544).putInt(14 + 112, 124).putInt(14 + 116, Integer.MAX_VALUE);
          return out.position(14 + 124).put(plain, 54, plain.length - 54).array();
        });
  }

  /// A megabyte and a half that inflates to gigabytes of zeros.
  private static byte[] bomb() {
    var deflater = new Deflater(9);
    byte[] zeros = new byte[1 << 20];
    byte[] buffer = new byte[1 << 16];
    byte[][] parts = new byte[2][];
    for (int i = 0; i < 2; i++) {
      deflater.setInput(zeros);
      int length = deflater.deflate(buffer, 0, buffer.length, Deflater.SYNC_FLUSH);
      parts[i] = Arrays.copyOf(buffer, length);
    }
    deflater.end();
    // the second megabyte of zeros, and every later one, is the same bytes
    return join(parts[0], repeat(parts[1], 1500));
  }

  private static byte[] png(String type, byte[] data) {
    return pngWith(Images.chunk(type, data));
  }

  private static byte[] pngWith(byte[] chunks) {
    byte[] whole = Images.encoded("png", 32, 32);
    return join(Arrays.copyOf(whole, 33), chunks, Arrays.copyOfRange(whole, 33, whole.length));
  }

  private static byte[] jpegWith(byte[] segments) {
    byte[] whole = Images.encoded("jpeg", 32, 32);
    return join(Arrays.copyOf(whole, 2), segments, Arrays.copyOfRange(whole, 2, whole.length));
  }

  private static byte[] segment(int marker, byte[] data) {
    return ByteBuffer.allocate(4 + data.length)
        .put((byte) 0xFF)
        .put((byte) marker)
        .putShort((short) (data.length + 2))
        .put(data)
        .array();
  }

  /// EXIF data whose 5000 tags are directories that lead back to their own.
  private static byte[] exif60k() {
    return join(text("Exif\0\0"), directory(5000, 0x8769, 4, 1, 8));
  }

  /// EXIF data whose tags each claim all of it.
  private static byte[] bigExif() {
    return join(directory(65_535, 0x9000, 7, MANY_BYTES - 8, 8), new byte[MANY_BYTES]);
  }

  private static byte[] directory(int entries, int tag, int type, int count, int value) {
    ByteBuffer out = ByteBuffer.allocate(14 + 12 * entries).order(ByteOrder.LITTLE_ENDIAN);
    out.put(text("II*\0")).putInt(8).putShort((short) entries);
    for (int i = 0; i < entries; i++) {
      out.putShort((short) tag).putShort((short) type).putInt(count).putInt(value);
    }
    return out.putInt(8).array();
  }

  private static byte[] webp(int flags, byte[]... chunks) {
    byte[] body = join(text("WEBP"), chunk("VP8X", filled(10, flags, 0)), join(chunks));
    ByteBuffer out = ByteBuffer.allocate(8 + body.length).order(ByteOrder.LITTLE_ENDIAN);
    return out.put(text("RIFF")).putInt(body.length).put(body).array();
  }

  private static byte[] chunk(String type, byte[] data) {
    int padded = data.length + (data.length & 1);
    ByteBuffer out = ByteBuffer.allocate(8 + padded).order(ByteOrder.LITTLE_ENDIAN);
    return out.put(text(type)).putInt(data.length).put(data).array();
  }

  /// Little-endian, uncompressed.
  private static byte[] tiff() {
    int[][] tags = {
      {256, 32}, {257, 32}, {258, 8}, {259, 1}, {262, 1}, {273, 8}, {277, 1}, {278, 32}, {279, 1024}
    };
    ByteBuffer out = ByteBuffer.allocate(8 + 1024 + 2 + 12 * tags.length + 4);
    out.order(ByteOrder.LITTLE_ENDIAN).put(text("II*\0")).putInt(8 + 1024).position(8 + 1024);
    out.putShort((short) tags.length);
    for (int[] tag : tags) {
      out.putShort((short) tag[0]).putShort((short) 4).putInt(1).putInt(tag[1]);
    }
    return out.array();
  }

  /// A file with one tag put in or replaced.
  private static byte[] tiffWith(int tag, int type, int count, int value) {
    byte[] file = tiff();
    ByteBuffer in = little(file);
    int old = in.getInt(4);
    int entries = in.getShort(old);
    ByteBuffer out = ByteBuffer.allocate(file.length + 2 + 12 * (entries + 1) + 4);
    out.order(ByteOrder.LITTLE_ENDIAN).put(file).putInt(4, file.length);
    int written = 0;
    out.putShort((short) 0);
    out.putShort((short) tag).putShort((short) type).putInt(count).putInt(value);
    written++;
    for (int i = 0; i < entries; i++) {
      if (in.getShort(old + 2 + 12 * i) != (short) tag) {
        out.put(file, old + 2 + 12 * i, 12);
        written++;
      }
    }
    return out.putShort(file.length, (short) written).array();
  }

  private static byte[] bmp(int at, int value) {
    byte[] file = Images.encoded("bmp", 32, 32);
    little(file).putInt(at, value);
    return file;
  }

  private static ByteBuffer little(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static byte[] filled(int length, int first, int others) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) others);
    bytes[0] = (byte) first;
    return bytes;
  }

  static byte[] text(String latin1) {
    return latin1.getBytes(StandardCharsets.ISO_8859_1);
  }

  static byte[] join(byte[]... parts) {
    var out = new ByteArrayOutputStream(Arrays.stream(parts).mapToInt(part -> part.length).sum());
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  static byte[] repeat(byte[] part, int count) {
    byte[] out = new byte[part.length * count];
    for (int i = 0; i < count; i++) {
      System.arraycopy(part, 0, out, i * part.length, part.length);
    }
    return out;
  }

  private static int indexOf(byte[] bytes, int first, int second) {
    for (int i = 0; i + 1 < bytes.length; i++) {
      if ((bytes[i] & 0xFF) == first && (bytes[i + 1] & 0xFF) == second) {
        return i;
      }
    }
    throw new AssertionError("not found");
  }
}
