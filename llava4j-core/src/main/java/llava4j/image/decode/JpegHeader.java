package llava4j.image.decode;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// The segments before the first scan of a JPEG file, and a copy of the file for which the JDK's
/// decoder gives Pillow's result.
///
/// @param width in pixels
/// @param height in pixels
/// @param components 1 grey, 3 colour, 4 CMYK or YCCK
/// @param fourAreYcck whether four components are luminance, chrominance and black
/// @param complete whether the file ends with its end marker
/// @param exif the first EXIF segment, empty if none
/// @param stream the file without comments and without application segments except Adobe's. With an
///   ICC profile, the JDK would convert colours, unlike Pillow; without a JFIF segment, it might
///   take 4:4:4 colours for RGB, so a JFIF segment is added
record JpegHeader(
    int width,
    int height,
    int components,
    boolean fourAreYcck,
    boolean complete,
    byte[] exif,
    byte[] stream) {

  /// More scans over the whole image than this are an attack. A progressive photograph has about
  /// ten.
  private static final int MAX_SCANS = 500;

  /// Maximum number of pixels of all scans together, unless there are only a few scans.
  private static final long MAX_SCANNED_PIXELS = 2_000_000_000L;

  private static final int FEW_SCANS = 16;

  /// A block of 64 pixels takes at least one bit, and a component may have a quarter of the pixels.
  private static final int MOST_PIXELS_PER_BYTE = 64 * 8 * 4;

  private static final byte[] JFIF = {
    (byte) 0xFF, (byte) 0xE0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0
  };

  /// Reads segments up to the first scan.
  ///
  /// @throws MalformedImageException if there is no image
  static JpegHeader parse(byte[] file) throws MalformedImageException {
    var kept = new ByteArrayOutputStream(file.length + 32);
    int[] frame = null;
    byte[] exif = new byte[0];
    boolean jfif = false;
    int adobeTransform = -1;
    boolean rgbNames = false;
    boolean progressive = false;
    int at = 2;
    while (true) {
      while (at < file.length && (file[at] & 0xFF) != 0xFF) {
        at++;
      }
      while (at < file.length && (file[at] & 0xFF) == 0xFF) {
        at++;
      }
      if (at + 2 >= file.length) {
        throw new MalformedImageException("it ends before the image begins");
      }
      int marker = file[at] & 0xFF;
      if (marker == 0 || marker == 1 || (marker >= 0xD0 && marker <= 0xD8)) {
        at++;
        continue;
      }
      int length = unsignedShort(file, at + 1);
      if (marker == 0xD9 || length < 2 || at + 1 + length > file.length) {
        throw new MalformedImageException("it ends before the image begins");
      }
      if (marker == 0xDA) {
        break;
      }
      int body = at + 3;
      boolean application = (marker >= 0xE0 && marker <= 0xEF) || marker == 0xFE;
      if (marker == 0xE0) {
        jfif |= hasPrefix(file, body, length - 2, "JFIF\0");
      } else if (marker == 0xE1
          && exif.length == 0
          && hasPrefix(file, body, length - 2, "Exif\0\0")) {
        exif = Arrays.copyOfRange(file, body, body + length - 2);
      } else if (marker == 0xEE && length >= 14 && hasPrefix(file, body, length - 2, "Adobe")) {
        adobeTransform = file[body + 11] & 0xFF;
        kept.write(file, at - 1, length + 2);
      } else if (isFrame(marker) && frame == null) {
        frame = readFrame(file, body, length);
        progressive = marker == 0xC2;
        rgbNames =
            frame[2] == 3
                && file[body + 6] == 'R'
                && file[body + 9] == 'G'
                && file[body + 12] == 'B';
      }
      if (!application) {
        kept.write(file, at - 1, length + 2);
      }
      at += 1 + length;
    }
    if (frame == null) {
      throw new MalformedImageException("it has no frame header");
    }
    refuseTooManyScans(file, at, file.length, (long) frame[0] * frame[1]);
    boolean complete = endsWithMarker(file, at);
    if (progressive && !complete) {
      // the decoder would not notice a truncation between two scans
      throw new MalformedImageException("it is cut short");
    }
    kept.write(file, at - 1, file.length - at + 1);
    boolean addJfif = frame[2] == 3 && (jfif || (adobeTransform < 0 && !rgbNames));
    boolean ycck = frame[2] == 4 && adobeTransform > 0;
    return new JpegHeader(
        frame[0], frame[1], frame[2], ycck, complete, exif, assemble(kept, addJfif, complete));
  }

  /// Refuses a truncated file before memory for its pixels is allocated.
  ///
  /// @throws MalformedImageException if there are too few bytes for the pixels
  void requireData() throws MalformedImageException {
    if ((long) width * height / MOST_PIXELS_PER_BYTE > stream.length) {
      throw new MalformedImageException("it is cut short");
    }
  }

  private static byte[] assemble(ByteArrayOutputStream kept, boolean addJfif, boolean complete) {
    var stream = new ByteArrayOutputStream(kept.size() + 32);
    stream.write(0xFF);
    stream.write(0xD8);
    if (addJfif) {
      stream.write(JFIF, 0, JFIF.length);
    }
    stream.writeBytes(kept.toByteArray());
    if (!complete) {
      stream.write(0xFF);
      stream.write(0xD9);
    }
    return stream.toByteArray();
  }

  private static int[] readFrame(byte[] file, int body, int length) throws MalformedImageException {
    if (length < 8 || length < 8 + 3 * (file[body + 5] & 0xFF)) {
      throw new MalformedImageException("its frame header is too short");
    }
    if (file[body] != 8) {
      throw new MalformedImageException(
          "it has " + (file[body] & 0xFF) + " bits per sample, but only 8 are supported");
    }
    return new int[] {
      unsignedShort(file, body + 3), unsignedShort(file, body + 1), file[body + 5] & 0xFF
    };
  }

  /// Whether a marker begins a frame header.
  static boolean isFrame(int marker) {
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
  }

  /// Refuses a stream with too many scans over its pixels.
  ///
  /// @param from start of a JPEG stream, or of its part with the scans
  /// @param to end of the stream
  /// @param pixels of the whole image
  static void refuseTooManyScans(byte[] file, int from, int to, long pixels)
      throws MalformedImageException {
    int scans = 0;
    for (int i = from; i + 1 < to; i++) {
      if (file[i] == (byte) 0xFF && file[i + 1] == (byte) 0xDA) {
        scans++;
        if (scans > MAX_SCANS || (scans > FEW_SCANS && scans * pixels > MAX_SCANNED_PIXELS)) {
          throw new MalformedImageException("it has more scans than a photograph of its size");
        }
      }
    }
  }

  /// Cameras append data after the end marker, so it is searched for in the whole tail.
  private static boolean endsWithMarker(byte[] file, int from) {
    for (int i = file.length - 2; i >= from; i--) {
      if (file[i] == (byte) 0xFF && file[i + 1] == (byte) 0xD9) {
        return true;
      }
    }
    return false;
  }

  private static boolean hasPrefix(byte[] file, int at, int length, String prefix) {
    byte[] wanted = prefix.getBytes(StandardCharsets.ISO_8859_1);
    return length >= wanted.length
        && Arrays.equals(file, at, at + wanted.length, wanted, 0, wanted.length);
  }

  static int unsignedShort(byte[] file, int at) {
    return (file[at] & 0xFF) << 8 | (file[at + 1] & 0xFF);
  }
}
