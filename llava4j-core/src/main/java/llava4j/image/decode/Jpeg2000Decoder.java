package llava4j.image.decode;

import static org.bytedeco.leptonica.global.leptonica.L_SEVERITY_NONE;
import static org.bytedeco.leptonica.global.leptonica.pixDestroy;
import static org.bytedeco.leptonica.global.leptonica.pixGetData;
import static org.bytedeco.leptonica.global.leptonica.pixGetDepth;
import static org.bytedeco.leptonica.global.leptonica.pixGetHeight;
import static org.bytedeco.leptonica.global.leptonica.pixGetWidth;
import static org.bytedeco.leptonica.global.leptonica.pixGetWpl;
import static org.bytedeco.leptonica.global.leptonica.pixReadMemJp2k;
import static org.bytedeco.leptonica.global.leptonica.setMsgSeverity;

import java.nio.ByteBuffer;
import java.util.Arrays;
import llava4j.image.RgbImage;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.leptonica.PIX;

/// Decodes JPEG 2000 with OpenJPEG, as Pillow does, through Leptonica's reader (ADR 22). The
/// decoder gets only the code stream, without the boxes around it. Only images that Leptonica and
/// Pillow decode in the same way are supported: one, three or four components of eight bits at full
/// size.
final class Jpeg2000Decoder {
  private static final int CODE_STREAM = 0x6A703263; // jp2c
  private static final int HEADERS = 0x6A703268; // jp2h
  private static final int PALETTE = 0x70636C72; // pclr
  private static final int COLOR = 0x636F6C72; // colr
  private static final int START_AND_SIZE = 0xFF4FFF51;
  private static final int SIZE_BYTES = 40;

  private Jpeg2000Decoder() {}

  static StoredImage decode(byte[] file, DecodeLimits limits) throws MalformedImageException {
    ByteBuffer in = ByteBuffer.wrap(file);
    int start = codeStream(in, 0, file.length);
    if (start < 0 || start + 4 + SIZE_BYTES > file.length || in.getInt(start) != START_AND_SIZE) {
      throw new MalformedImageException("it ends before the image begins");
    }
    long width = size(in, start + 8) - size(in, start + 16);
    long height = size(in, start + 12) - size(in, start + 20);
    if (width < 1 || height < 1) {
      throw new MalformedImageException("it claims a size of " + width + "x" + height);
    }
    limits.requireSize(
        (int) Math.min(width, Integer.MAX_VALUE), (int) Math.min(height, Integer.MAX_VALUE));
    requirePlainComponents(in, start);
    new Jpeg2000Markers(in, start).require();
    limits.requireHeap((int) width, (int) height, 3);
    byte[] stream = Arrays.copyOfRange(file, start, file.length);
    NativeCodecs.load();
    try (BytePointer data = new BytePointer(stream)) {
      setMsgSeverity(L_SEVERITY_NONE); // otherwise Leptonica writes to standard error
      PIX image = pixReadMemJp2k(data, stream.length, 1, null, 0, 0);
      if (image == null || image.isNull()) {
        throw new MalformedImageException("it is cut short or damaged");
      }
      try {
        return new StoredImage(
            pixels(image, (int) width, (int) height), Orientation.UPRIGHT, false);
      } finally {
        pixDestroy(image);
      }
    }
  }

  private static long size(ByteBuffer in, int at) {
    return Integer.toUnsignedLong(in.getInt(at));
  }

  /// Offset of the code stream; -1 if there is none.
  private static int codeStream(ByteBuffer in, int from, int to) throws MalformedImageException {
    if (to - from >= 4 && in.getInt(from) == START_AND_SIZE) {
      return from;
    }
    for (long at = from; at + 8 <= to; ) {
      int box = (int) at;
      int type = in.getInt(box + 4);
      long length = size(in, box);
      int header = length == 1 ? 16 : 8;
      length = length == 1 && at + 16 <= to ? in.getLong(box + 8) : length == 0 ? to - at : length;
      if (length < header) {
        break;
      }
      if (type == CODE_STREAM) {
        return box + header;
      }
      if (type == HEADERS) {
        requirePlainColors(in, box + header, (int) Math.min(to, at + length));
      }
      at += length;
    }
    return -1;
  }

  private static void requirePlainColors(ByteBuffer in, int from, int to)
      throws MalformedImageException {
    for (long at = from; at + 8 <= to; at += Math.max(8, size(in, (int) at))) {
      int type = in.getInt((int) at + 4);
      boolean listed = type == COLOR && at + 15 <= to && in.get((int) at + 8) == 1;
      int space = listed ? in.getInt((int) at + 11) : 16;
      if (type == PALETTE || (space != 16 && space != 17)) {
        throw new MalformedImageException(
            "its colours are neither grey nor RGB, which is not supported");
      }
    }
  }

  private static void requirePlainComponents(ByteBuffer in, int start)
      throws MalformedImageException {
    int components = in.getShort(start + 40) & 0xFFFF;
    boolean plain = components == 1 || components == 3 || components == 4;
    for (int i = 0; plain && i < components; i++) {
      int at = start + 42 + 3 * i;
      plain =
          at + 3 <= in.capacity() && in.get(at) == 7 && in.get(at + 1) == 1 && in.get(at + 2) == 1;
    }
    if (!plain) {
      throw new MalformedImageException(
          "only one, three or four components of eight bits are supported");
    }
  }

  /// Leptonica packs pixels into words, with the first pixel in the upper bits.
  private static RgbImage pixels(PIX image, int width, int height) throws MalformedImageException {
    int depth = pixGetDepth(image);
    if (pixGetWidth(image) != width
        || pixGetHeight(image) != height
        || (depth != 8 && depth != 32)) {
      throw new MalformedImageException("its parts contradict each other");
    }
    int rowWords = pixGetWpl(image);
    byte[] pixels = new byte[width * height * 3];
    int[] row = new int[rowWords];
    int out = 0;
    try (IntPointer words = new IntPointer(pixGetData(image))) {
      for (int y = 0; y < height; y++) {
        words.position((long) y * rowWords).get(row);
        for (int x = 0; x < width; x++) {
          for (int c = 0; c < 3; c++) {
            int word = depth == 32 ? row[x] : row[x / 4];
            pixels[out++] = (byte) (word >>> (24 - 8 * (depth == 32 ? c : x % 4)));
          }
        }
      }
    }
    return new RgbImage(width, height, pixels);
  }
}
