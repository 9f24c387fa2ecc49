package llava4j.image.decode;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// The chunks of a WebP file: the position of the first frame, and this frame as a file of its own.
/// Profiles and metadata are not read, and transparency is dropped.
///
/// @param width of the canvas, 0 if the file has only a frame
/// @param height of the canvas
/// @param left of the first frame on the canvas
/// @param top of the first frame
/// @param animated whether the file is an animation
/// @param exif the EXIF data, empty if none
/// @param stream a simple WebP file of the first frame
record WebpContainer(
    int width, int height, int left, int top, boolean animated, byte[] exif, byte[] stream) {

  private static final int RIFF_HEADER = 12;
  private static final int FRAME_HEADER = 16;

  // names of chunks, with the first letter in the lowest byte
  private static final int LOSSY = 0x20385056; // VP8 and a blank
  private static final int LOSSLESS = 0x4C385056; // VP8L
  private static final int EXTENDED = 0x58385056; // VP8X
  private static final int FRAME = 0x464D4E41; // ANMF
  private static final int EXIF = 0x46495845;

  private record Chunk(int type, int start, int length) {
    /// Offset after the chunk and its padding.
    long end() {
      return (long) start + length + (length & 1);
    }
  }

  /// Reads the chunks.
  ///
  /// @throws MalformedImageException if there is no image or the file is cut short
  static WebpContainer parse(byte[] file) throws MalformedImageException {
    ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    long end = 8 + Integer.toUnsignedLong(in.getInt(4));
    if (end > file.length) {
      throw new MalformedImageException("it is cut short");
    }
    Chunk first = chunk(in, RIFF_HEADER, (int) end);
    if (isImage(first)) {
      return new WebpContainer(0, 0, 0, 0, false, new byte[0], alone(file, first));
    }
    if (first.type() != EXTENDED || first.length() < 10) {
      throw new MalformedImageException("it does not begin with an image");
    }
    boolean animated = (file[first.start()] & 2) != 0;
    int width = 1 + threeBytes(file, first.start() + 4);
    int height = 1 + threeBytes(file, first.start() + 7);
    Chunk image = null;
    int left = 0;
    int top = 0;
    byte[] exif = new byte[0];
    for (long at = first.end(); at < end; ) {
      Chunk chunk = chunk(in, (int) at, (int) end);
      if (image == null && !animated && isImage(chunk)) {
        image = chunk;
      } else if (image == null && animated && chunk.type() == FRAME) {
        image = imageOfFrame(in, chunk);
        left = 2 * threeBytes(file, chunk.start());
        top = 2 * threeBytes(file, chunk.start() + 3);
      } else if (chunk.type() == EXIF && exif.length == 0) {
        exif = Arrays.copyOfRange(file, chunk.start(), chunk.start() + chunk.length());
      }
      at = chunk.end();
    }
    if (image == null) {
      throw new MalformedImageException("it has no frame");
    }
    return new WebpContainer(width, height, left, top, animated, exif, alone(file, image));
  }

  private static Chunk imageOfFrame(ByteBuffer in, Chunk frame) throws MalformedImageException {
    int end = frame.start() + frame.length();
    for (long at = (long) frame.start() + FRAME_HEADER; at < end; ) {
      Chunk chunk = chunk(in, (int) at, end);
      if (isImage(chunk)) {
        return chunk;
      }
      at = chunk.end();
    }
    throw new MalformedImageException("its first frame is empty");
  }

  private static boolean isImage(Chunk chunk) {
    return chunk.type() == LOSSY || chunk.type() == LOSSLESS;
  }

  private static Chunk chunk(ByteBuffer in, int at, int end) throws MalformedImageException {
    if (at + 8 > end) {
      throw new MalformedImageException("it is cut short");
    }
    long length = Integer.toUnsignedLong(in.getInt(at + 4));
    if (at + 8 + length > end) {
      throw new MalformedImageException("it is cut short");
    }
    return new Chunk(in.getInt(at), at + 8, (int) length);
  }

  private static byte[] alone(byte[] file, Chunk image) {
    int padded = image.length() + (image.length() & 1);
    ByteBuffer out = ByteBuffer.allocate(RIFF_HEADER + 8 + padded).order(ByteOrder.LITTLE_ENDIAN);
    out.put("RIFF".getBytes(StandardCharsets.ISO_8859_1)).putInt(4 + 8 + padded);
    out.put("WEBP".getBytes(StandardCharsets.ISO_8859_1));
    out.put(file, image.start() - 8, 8 + image.length());
    return out.array();
  }

  private static int threeBytes(byte[] file, int at) {
    return (file[at] & 0xFF) | (file[at + 1] & 0xFF) << 8 | (file[at + 2] & 0xFF) << 16;
  }
}
