package llava4j.image.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Files of the less common kinds against what Pillow made of them: the same bytes.
class PillowFormatsTest {
  private static byte[] bytes(String name) throws IOException {
    try (InputStream in = PillowFormatsTest.class.getResourceAsStream("/cases/formats/" + name)) {
      return in.readAllBytes();
    }
  }

  private static DecodedImage decode(byte[] file) {
    return ImageDecoder.decode(file, "some file", DecodeOptions.reference());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "jp2_17x33_ll_RGB.jp2",
        "jp2_17x33_ly_RGBA.jp2",
        "jp2_17x33_rate_L.jp2",
        "jp2_17x33_rate_p.j2k",
        "pnm_plain.ppm",
        "pnm_max100.pgm",
        "pnm_16.pgm",
        "pnm_1023.ppm",
        "pnm_plain.pbm",
        "pnm_17x33.pbm",
        "pnm_plain.pgm",
        "tga_17x33_tga_rle_a.tga",
        "tga_17x33_None_la.tga",
        "tga_17x33_tga_rle_p.tga",
        "tga_17x33_top.tga",
        "ico_17x33.ico",
        "ico_63x65_p.ico",
        "ico_17x33_ab.ico",
        "tif_17x33_tiff_lzw.tif",
        "tif_icclzw.tif",
        "tif_tile.tif",
        "tif_o6.tif",
        "gif_anim.gif",
        "bmp_17x33_a.bmp",
        "jpg_icc.jpg"
      })
  void pixelsAreThoseOfPillow(String name) throws IOException {
    assertThat(decode(bytes(name)).image())
        .isEqualTo(decode(bytes(name.replace('.', '_') + ".pillow.png")).image());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "jp2_17x33_ll_RGB.jp2",
        "jp2_17x33_rate_p.j2k",
        "pnm_17x33.pbm",
        "pnm_plain.ppm",
        "tga_17x33_tga_rle_a.tga",
        "tga_17x33_None_la.tga",
        "ico_17x33.ico",
        "ico_63x65_p.ico",
        "tif_17x33_tiff_lzw.tif",
        "tif_tile.tif"
      })
  void truncatedFilesAreRefused(String name) throws IOException {
    byte[] file = bytes(name);
    for (int percent : new int[] {10, 50, 80, 93}) {
      byte[] part = Arrays.copyOf(file, file.length * percent / 100);
      assertThatThrownBy(() -> decode(part))
          .as("%d %%", percent)
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("some file");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'\0\0\0 ftypavif\0\0\0\0avifmif1', AVIF, ffmpeg",
    "'\0\0\0 ftypmif1\0\0\0\0mif1avif', AVIF, ffmpeg",
    "'\0\0\0 ftypheic\0\0\0\0mif1heic', HEIC, heif-convert",
    "'\0\0\0 ftypisom\0\0\0\0isomavc1', film, ffmpeg",
    "'\u00ff\n\0\0', JPEG XL, djxl",
    "'<svg xmlns=\"x\"/>', SVG, rsvg-convert",
    "'%PDF-1.7', PDF, pdftoppm",
    "'8BPS\0\1', Photoshop, PNG",
    "'some words', it holds text, give a PNG"
  })
  void whatCannotBeReadIsNamedWithTheRemedy(String start, String format, String remedy) {
    assertThatThrownBy(() -> decode(start.getBytes(StandardCharsets.ISO_8859_1)))
        .isInstanceOf(BadInputException.class)
        .hasMessageContainingAll("some file", format, remedy);
  }

  @Test
  void theContainerOfJpegXlIsNamedToo() {
    byte[] start = "\0\0\0\fJXL \r\n".getBytes(StandardCharsets.ISO_8859_1);
    assertThatThrownBy(() -> decode(start)).hasMessageContainingAll("JPEG XL", "djxl");
  }

  /// A progressive image may end between two scans, which its decoder takes for the end.
  @Test
  void aProgressiveJpegThatIsCutShortIsRefused() throws IOException {
    byte[] whole = bytes("progressive_17x33.jpg");
    assertThat(decode(whole).image().width()).isEqualTo(17);
    for (int length = whole.length / 3; length < whole.length - 1; length += 7) {
      byte[] part = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> decode(part)).isInstanceOf(BadInputException.class);
    }
  }
}
