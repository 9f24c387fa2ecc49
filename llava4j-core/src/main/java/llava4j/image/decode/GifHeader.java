package llava4j.image.decode;

import java.util.Arrays;

/// The blocks of a GIF file up to its first frame, and whether a second one follows.
///
/// @param width of the canvas: the logical screen, enlarged to hold the first frame, as Pillow does
/// @param height of the canvas
/// @param left of the first frame
/// @param top of the first frame
/// @param frameWidth of the first frame
/// @param frameHeight of the first frame
/// @param palette 256 colours of the first frame, packed 0xRRGGBB; colours that are not in the file
///   are grey, as in Pillow
/// @param background index outside of the first frame: its transparent index, or else 0
/// @param animated whether there are more frames
/// @param stream the file with only its first frame. The JDK's reader needs quadratic time to join
///   the blocks of comments and extensions
record GifHeader(
    int width,
    int height,
    int left,
    int top,
    int frameWidth,
    int frameHeight,
    int[] palette,
    int background,
    boolean animated,
    byte[] stream) {

  /// Signature and logical screen.
  static final int SCREEN_BYTES = 13;

  static GifHeader parse(byte[] file) throws MalformedImageException {
    var cursor = new Cursor(file, 6);
    int width = cursor.shortLittleEndian();
    int height = cursor.shortLittleEndian();
    int flags = cursor.next();
    cursor.skip(2);
    int[] global = cursor.palette(flags);
    int screenEnd = cursor.at;
    int transparent = 0;
    while (true) {
      int block = cursor.next();
      if (block == 0x21) {
        if (cursor.next() == 0xF9) {
          cursor.skip(1);
          boolean hasTransparent = (cursor.next() & 1) != 0;
          cursor.skip(2);
          int index = cursor.next();
          transparent = hasTransparent ? index : 0;
        }
        cursor.skipSubBlocks();
      } else if (block == 0x2C) {
        break;
      } else if (block == 0x3B) {
        throw new MalformedImageException("it has no frame");
      }
    }
    int frameStart = cursor.at - 1;
    int left = cursor.shortLittleEndian();
    int top = cursor.shortLittleEndian();
    int frameWidth = cursor.shortLittleEndian();
    int frameHeight = cursor.shortLittleEndian();
    int frameFlags = cursor.next();
    int[] local = cursor.palette(frameFlags);
    int[] palette = (frameFlags & 0x80) != 0 ? local : global;
    cursor.skip(1);
    cursor.skipImage();
    byte[] stream = frameAlone(file, screenEnd, frameStart, cursor.at);
    return new GifHeader(
        Math.max(width, left + frameWidth),
        Math.max(height, top + frameHeight),
        left,
        top,
        frameWidth,
        frameHeight,
        palette,
        transparent,
        cursor.anotherFrameFollows(),
        stream);
  }

  private static byte[] frameAlone(byte[] file, int screenEnd, int frameStart, int frameEnd) {
    int end = Math.min(frameEnd, file.length);
    byte[] stream = Arrays.copyOf(file, screenEnd + end - frameStart + 1);
    System.arraycopy(file, frameStart, stream, screenEnd, end - frameStart);
    stream[stream.length - 1] = 0x3B;
    return frameEnd > file.length ? Arrays.copyOf(stream, stream.length - 1) : stream;
  }

  private static final class Cursor {
    private final byte[] file;
    private int at;

    Cursor(byte[] file, int at) {
      this.file = file;
      this.at = at;
    }

    int next() throws MalformedImageException {
      if (at >= file.length) {
        throw new MalformedImageException("it ends before the image begins");
      }
      return file[at++] & 0xFF;
    }

    int shortLittleEndian() throws MalformedImageException {
      return next() | next() << 8;
    }

    void skip(int count) {
      at += count;
    }

    void skipSubBlocks() throws MalformedImageException {
      for (int length = next(); length != 0; length = next()) {
        skip(length);
      }
    }

    int[] palette(int flags) throws MalformedImageException {
      int[] colors = new int[256];
      for (int i = 0; i < colors.length; i++) {
        colors[i] = i * 0x010101;
      }
      if ((flags & 0x80) != 0) {
        int count = 2 << (flags & 7);
        for (int i = 0; i < count; i++) {
          colors[i] = next() << 16 | next() << 8 | next();
        }
      }
      return colors;
    }

    /// Moves after the image's data, or to the end of a truncated file.
    void skipImage() {
      try {
        skipSubBlocks();
      } catch (MalformedImageException _) {
        at = file.length + 1;
      }
    }

    /// Damage after the first frame is no reason to refuse the first frame.
    boolean anotherFrameFollows() {
      try {
        while (true) {
          int block = next();
          if (block == 0x21) {
            skip(1);
            skipSubBlocks();
          } else if (block == 0x2C) {
            return true;
          } else if (block == 0x3B) {
            return false;
          }
        }
      } catch (MalformedImageException _) {
        return false;
      }
    }
  }
}
