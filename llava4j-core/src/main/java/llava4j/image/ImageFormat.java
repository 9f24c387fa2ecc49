package llava4j.image;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// File formats that can be read. Recognised by their first bytes, never by a file name.
public enum ImageFormat {
  PNG,
  JPEG,
  GIF,
  BMP,
  WEBP,
  TIFF;

  /// The format that the first bytes announce; empty if none of ours.
  static Optional<ImageFormat> sniff(byte[] bytes) {
    if (startsWith(bytes, 0, "\u0089PNG\r\n\u001a\n")) {
      return Optional.of(PNG);
    }
    if (startsWith(bytes, 0, "\u00ff\u00d8\u00ff")) {
      return Optional.of(JPEG);
    }
    if (startsWith(bytes, 0, "GIF87a") || startsWith(bytes, 0, "GIF89a")) {
      return Optional.of(GIF);
    }
    if (startsWith(bytes, 0, "BM") && bytes.length >= 26) {
      return Optional.of(BMP);
    }
    if (startsWith(bytes, 0, "RIFF") && startsWith(bytes, 8, "WEBP")) {
      return Optional.of(WEBP);
    }
    if (startsWith(bytes, 0, "II*\0")
        || startsWith(bytes, 0, "MM\0*")
        || startsWith(bytes, 0, "II+\0")
        || startsWith(bytes, 0, "MM\0+")) {
      return Optional.of(TIFF);
    }
    return Optional.empty();
  }

  /// What unreadable bytes seem to be, for the sentence the user gets.
  static String describeUnknown(byte[] bytes) {
    if (bytes.length == 0) {
      return "the file is empty";
    }
    if (startsWith(bytes, 4, "ftypheic")
        || startsWith(bytes, 4, "ftypheix")
        || startsWith(bytes, 4, "ftypmif1")) {
      return "HEIC pictures are not supported";
    }
    if (startsWith(bytes, 4, "ftypavif")) {
      return "AVIF pictures are not supported";
    }
    if (startsWith(bytes, 0, "%PDF")) {
      return "it is a PDF document";
    }
    String head =
        new String(bytes, 0, Math.min(bytes.length, 512), StandardCharsets.UTF_8).stripLeading();
    if (head.startsWith("<svg") || (head.startsWith("<?xml") && head.contains("<svg"))) {
      return "SVG drawings are not supported";
    }
    boolean text =
        head.codePoints().noneMatch(c -> c == 0xFFFD || (c < 32 && c != 9 && c != 10 && c != 13));
    return text ? "it holds text" : "its first bytes are those of no known picture format";
  }

  private static boolean startsWith(byte[] bytes, int offset, String magic) {
    byte[] wanted = magic.getBytes(StandardCharsets.ISO_8859_1);
    if (bytes.length < offset + wanted.length) {
      return false;
    }
    for (int i = 0; i < wanted.length; i++) {
      if (bytes[offset + i] != wanted[i]) {
        return false;
      }
    }
    return true;
  }
}
