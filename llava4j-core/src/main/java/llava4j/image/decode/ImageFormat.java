package llava4j.image.decode;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// Supported file formats. They are recognised by their first bytes, never by the file name.
public enum ImageFormat {
  PNG,
  JPEG,
  GIF,
  BMP,
  WEBP,
  TIFF,
  JPEG2000,
  /// PBM, PGM and PPM.
  PNM,
  TGA,
  ICO;

  /// The format of the first bytes; empty if it is not supported.
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
    if (startsWith(bytes, 0, "\0\0\0\fjP  \r\n\u0087\n")
        || startsWith(bytes, 0, "\u00ffO\u00ffQ")) {
      return Optional.of(JPEG2000);
    }
    if (isPnm(bytes)) {
      return Optional.of(PNM);
    }
    if (startsWith(bytes, 0, "\0\0\1\0") && bytes.length > 22) {
      return Optional.of(ICO);
    }
    return TgaDecoder.mayBe(bytes) ? Optional.of(TGA) : Optional.empty();
  }

  /// What unsupported bytes seem to be, for the error message.
  static String describeUnknown(byte[] bytes) {
    if (bytes.length == 0) {
      return "the file is empty";
    }
    Optional<String> media = describeMedia(bytes);
    if (media.isPresent()) {
      return media.get();
    }
    String head =
        new String(bytes, 0, Math.min(bytes.length, 512), StandardCharsets.UTF_8).stripLeading();
    if (head.startsWith("<svg") || (head.startsWith("<?xml") && head.contains("<svg"))) {
      return "it is an SVG drawing, which has no pixels; convert it: rsvg-convert -o drawing.png drawing.svg";
    }
    boolean text =
        head.codePoints().noneMatch(c -> c == 0xFFFD || (c < 32 && c != 9 && c != 10 && c != 13));
    return (text ? "it holds text" : "its first bytes are those of no known image format")
        + "; give a PNG, JPEG, GIF, BMP, WebP, TIFF, JPEG 2000, PNM, TGA or ICO file";
  }

  private static boolean isPnm(byte[] bytes) {
    return bytes.length > 3
        && bytes[0] == 'P'
        && bytes[1] >= '1'
        && bytes[1] <= '6'
        && (bytes[2] == '#' || Character.isWhitespace(bytes[2]));
  }

  /// Unsupported formats of images, videos and documents, with a command that converts them.
  private static Optional<String> describeMedia(byte[] bytes) {
    if (startsWith(bytes, 4, "ftyp")) {
      String brands =
          new String(bytes, 8, Math.min(bytes.length, 64) - 8, StandardCharsets.ISO_8859_1);
      if (brands.contains("avif") || brands.contains("avis")) {
        return Optional.of(
            "AVIF images are not supported; convert it: ffmpeg -i image.avif image.png");
      }
      boolean heic =
          brands.startsWith("hei")
              || brands.startsWith("hev")
              || brands.startsWith("mif1")
              || brands.startsWith("msf1");
      return Optional.of(
          heic
              ? "HEIC images are not supported; convert it: heif-convert image.heic image.jpg"
              : "it is a video; extract an image from it: ffmpeg -i film.mp4 -frames:v 1 image.png");
    }
    if (startsWith(bytes, 0, "\u00ff\n") || startsWith(bytes, 0, "\0\0\0\fJXL ")) {
      return Optional.of("JPEG XL images are not supported; convert it: djxl image.jxl image.png");
    }
    if (startsWith(bytes, 0, "%PDF")) {
      return Optional.of(
          "it is a PDF document; convert a page to an image: pdftoppm -png -r 100 document.pdf page");
    }
    if (startsWith(bytes, 0, "8BPS")) {
      return Optional.of("it is a Photoshop document; export it as PNG");
    }
    return Optional.empty();
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
