package llava4j.image.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import llava4j.error.BadInputException;
import llava4j.golden.Golden;
import llava4j.image.Images;
import llava4j.image.RgbImage;
import org.junit.jupiter.api.Test;

class ImageDecoderTest {
  private static DecodedImage decode(byte[] file) {
    return ImageDecoder.decode(file, "cat.jpg");
  }

  private static void assertRefused(byte[] file, String... words) {
    assertThatThrownBy(() -> decode(file))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("cat.jpg")
        .hasMessageContainingAll(words)
        .extracting(Throwable::getMessage)
        .asString()
        .doesNotContain("\n");
  }

  private static void assertPixels(RgbImage image, int tolerance) {
    for (int y = 0; y < image.height(); y++) {
      for (int x = 0; x < image.width(); x++) {
        for (int c = 0; c < 3; c++) {
          int ours = image.pixels()[(y * image.width() + x) * 3 + c] & 0xFF;
          int wanted = Images.pixel(x, y) >> (16 - 8 * c) & 0xFF;
          assertThat(Math.abs(ours - wanted))
              .as("%d,%d,%d", x, y, c)
              .isLessThanOrEqualTo(tolerance);
        }
      }
    }
  }

  @Test
  void losslessFormatsGiveTheirPixels() {
    for (String format : List.of("png", "bmp", "tiff")) {
      DecodedImage decoded = decode(Images.encoded(format, 30, 20));
      assertThat(decoded.format().name()).isEqualToIgnoringCase(format);
      assertThat(decoded.animated()).isFalse();
      assertPixels(decoded.image(), 0);
    }
  }

  @Test
  void contentDecidesAndNotTheName() {
    assertThat(decode(Images.encoded("png", 3, 3)).format()).isEqualTo(ImageFormat.PNG);
  }

  @Test
  void webpIsRead() {
    DecodedImage lossless = decode(Images.webpLossless());
    assertThat(lossless.format()).isEqualTo(ImageFormat.WEBP);
    assertThat(lossless.image().width()).isEqualTo(1);
    assertThat(lossless.animated()).isFalse();
    assertThat(decode(Images.webpLossy()).image().height()).isEqualTo(1);
  }

  @Test
  void animatedWebpIsReported() {
    assertThat(decode(Images.webpAnimated()).animated()).isTrue();
  }

  @Test
  void onePixelWorksInEveryFormat() {
    for (String format : List.of("png", "bmp", "tiff", "gif", "jpeg")) {
      RgbImage image = decode(Images.encoded(format, 1, 1)).image();
      assertThat(image.pixels()).as(format).hasSize(3);
    }
  }

  @Test
  void animatedGifGivesItsFirstFrameAndSaysSo() throws Exception {
    byte[] file = Files.readAllBytes(Golden.path("images/anim.gif"));
    assertThat(decode(file).animated()).isTrue();
    assertThat(decode(Images.encoded("gif", 9, 9)).animated()).isFalse();
  }

  @Test
  void allEightOrientationsAreHonoured() {
    byte[] pixels = new byte[18];
    for (int i = 0; i < 18; i++) {
      pixels[i] = (byte) ("abcdef".charAt(i / 3) + i % 3 * 32);
    }
    RgbImage stored = new RgbImage(3, 2, pixels);
    String[] seen = {
      "abc/def", "cba/fed", "fed/cba", "def/abc", "ad/be/cf", "da/eb/fc", "fc/eb/da", "cf/be/ad"
    };
    for (int i = 0; i < 8; i++) {
      RgbImage turned = Orientation.ofExif(i + 1).apply(stored);
      StringBuilder text = new StringBuilder();
      for (int y = 0; y < turned.height(); y++) {
        text.append(y == 0 ? "" : "/");
        for (int x = 0; x < turned.width(); x++) {
          text.append((char) turned.pixels()[(y * turned.width() + x) * 3]);
        }
      }
      assertThat(text.toString()).as("orientation %d", i + 1).isEqualTo(seen[i]);
    }
  }

  @Test
  void exifIsReadUnlessTheReferenceIsWanted() {
    byte[] jpeg = Images.encoded("jpeg", 24, 16);
    RgbImage stored = decode(jpeg).image();
    for (int number = 1; number <= 8; number++) {
      byte[] file = Images.withExif(jpeg, number);
      Orientation orientation = Orientation.ofExif(number);
      assertThat(decode(file).orientation()).isEqualTo(orientation);
      assertThat(decode(file).image()).isEqualTo(orientation.apply(stored));
      assertThat(ImageDecoder.decode(file, "x", DecodeOptions.reference()).image())
          .isEqualTo(stored);
    }
    assertThat(decode(Images.withExif(jpeg, 77)).image()).isEqualTo(stored);
  }

  @Test
  void grey16IsShownOrSaturated() {
    byte[] file = Images.png(2, 1, 16, 0, new byte[] {0, 0x12, 0x34, 0, 0x56});
    assertThat(decode(file).image().pixels()).containsExactly(0x12, 0x12, 0x12, 0, 0, 0);
    assertThat(ImageDecoder.decode(file, "x", DecodeOptions.reference()).image().pixels())
        .containsExactly(-1, -1, -1, 0x56, 0x56, 0x56);
  }

  @Test
  void alphaIsDroppedNotBlended() {
    byte[] file = Images.png(1, 1, 8, 6, new byte[] {0, 10, 20, 30, 0});
    assertThat(decode(file).image().pixels()).containsExactly(10, 20, 30);
    byte[] greyAlpha = Images.png(1, 1, 8, 4, new byte[] {0, 40, 0});
    assertThat(decode(greyAlpha).image().pixels()).containsExactly(40, 40, 40);
    byte[] deep = Images.png(1, 1, 16, 6, new byte[] {0, 10, 99, 20, 99, 30, 99, 0, 0});
    assertThat(decode(deep).image().pixels()).containsExactly(10, 20, 30);
  }

  @Test
  void fewBitsOfGreyAreSpread() {
    byte[] two = Images.png(4, 1, 2, 0, new byte[] {0, 0b00011011});
    assertThat(decode(two).image().pixels())
        .containsExactly(0, 0, 0, 85, 85, 85, (byte) 170, (byte) 170, (byte) 170, -1, -1, -1);
  }

  @Test
  void fiveBitsOfBitmapAreSpread() {
    var image = new BufferedImage(1, 1, BufferedImage.TYPE_USHORT_555_RGB);
    image.getRaster().setPixel(0, 0, new int[] {31, 16, 1});
    assertThat(decode(Images.encoded("bmp", image)).image().pixels())
        .containsExactly(-1, (byte) (16 * 255 / 31), (byte) (255 / 31));
  }

  @Test
  void headerBombsAreRefusedBeforeAllocation() {
    assertRefused(Images.png(60000, 60000, 8, 2, new byte[10]), "60000x60000", "limit");
    assertRefused(Images.png(Integer.MAX_VALUE, 1, 1, 0, new byte[10]), "limit");
    byte[] jpeg = Images.encoded("jpeg", 16, 16);
    int frame = indexOf(jpeg, new byte[] {(byte) 0xFF, (byte) 0xC0});
    ByteBuffer.wrap(jpeg).putInt(frame + 5, 0xFFFFFFFF);
    assertRefused(jpeg, "65535x65535", "limit");
    byte[] gif = Images.encoded("gif", 16, 16);
    ByteBuffer.wrap(gif).putInt(6, 0xFFFFFFFF);
    assertRefused(gif, "65535x65535", "limit");
    byte[] bmp = Images.encoded("bmp", 16, 16);
    ByteBuffer.wrap(bmp).putInt(18, 0x60EA0000).putInt(22, 0x60EA0000);
    assertRefused(bmp, "60000x60000", "limit");
  }

  @Test
  void theLimitItselfIsAccepted() {
    byte[] file = Images.encoded("png", 20, 10);
    DecodeOptions options = DecodeOptions.defaults().withMaxPixels(200);
    assertThat(ImageDecoder.decode(file, "x", options).image().width()).isEqualTo(20);
    assertThatThrownBy(() -> ImageDecoder.decode(file, "x", options.withMaxPixels(199)))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("20x10");
    assertThat(DecodeOptions.defaults().maxPixels()).isGreaterThanOrEqualTo(178_956_970L);
  }

  @Test
  void whatIsNoImageIsNamed() {
    assertRefused(new byte[0], "empty");
    assertRefused("Dear reader,\nthis is text.".getBytes(StandardCharsets.UTF_8), "text");
    assertRefused("%PDF-1.7 ...".getBytes(StandardCharsets.UTF_8), "PDF");
    assertRefused("\0\0\0\u0018ftypheic....".getBytes(StandardCharsets.UTF_8), "HEIC");
    assertRefused(new byte[] {(byte) 0xFF, (byte) 0xD8, (byte) 0xFF, (byte) 0xE0}, "JPEG");
    assertRefused(new byte[] {1, 2, 3, (byte) 0xFE}, "no known image format");
  }

  @Test
  void truncatedFilesAreRefused() {
    for (String format : List.of("png", "bmp", "jpeg", "gif", "tiff")) {
      byte[] whole = Images.encoded(format, 64, 64);
      for (int percent : new int[] {1, 10, 50, 80}) {
        byte[] part = Arrays.copyOf(whole, whole.length * percent / 100);
        assertThatThrownBy(() -> decode(part))
            .as("%s, %d %%", format, percent)
            .isInstanceOf(BadInputException.class);
      }
    }
  }

  @Test
  void aMissingEndMarkerAloneIsForgiven() {
    byte[] whole = Images.encoded("jpeg", 32, 32);
    byte[] part = Arrays.copyOf(whole, whole.length - 2);
    assertThat(decode(part).image()).isEqualTo(decode(whole).image());
  }

  @Test
  void digestDependsOnShapeAndPixels() {
    byte[] pixels = new byte[36];
    assertThat(new RgbImage(3, 4, pixels).sha256())
        .isNotEqualTo(new RgbImage(4, 3, pixels).sha256())
        .isEqualTo(new RgbImage(3, 4, pixels.clone()).sha256())
        .hasSize(64);
  }

  private static int indexOf(byte[] bytes, byte[] wanted) {
    for (int i = 0; i + wanted.length <= bytes.length; i++) {
      if (Arrays.equals(bytes, i, i + wanted.length, wanted, 0, wanted.length)) {
        return i;
      }
    }
    throw new AssertionError("not found");
  }
}
