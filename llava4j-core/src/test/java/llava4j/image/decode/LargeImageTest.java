package llava4j.image.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.util.concurrent.atomic.AtomicInteger;
import llava4j.error.BadInputException;
import llava4j.error.MemoryShortageException;
import llava4j.image.Images;
import llava4j.image.RgbImage;
import org.junit.jupiter.api.Test;

/// Images that are large for the heap, which is a number here.
class LargeImageTest {
  private static final long PIXELS = 600 * 400;

  private static final double PLENTY = 1e9;

  /// @param heap bytes that are left of it, for each pixel
  private static DecodedImage decode(byte[] file, DecodeOptions options, double heap) {
    return ImageDecoder.decode(file, "large", options, () -> (long) (heap * PIXELS));
  }

  @Test
  void jpegIsDecodedCoarselyOnlyWhereItDoesNotFit() {
    byte[] file = Images.encoded("jpeg", 600, 400);
    RgbImage whole = decode(file, DecodeOptions.defaults(), PLENTY).image();
    DecodedImage fits = decode(file, DecodeOptions.defaults(), 4);
    assertThat(fits.subsampling()).isEqualTo(1);
    assertThat(fits.image()).isEqualTo(whole);

    DecodedImage coarse = decode(file, DecodeOptions.defaults(), 1);
    assertThat(coarse.subsampling()).isEqualTo(2);
    assertThat(coarse.image().width()).isEqualTo(300);
    for (int x = 0; x < 300; x++) {
      int ours = (100 * 300 + x) * 3;
      int from = (200 * 600 + 2 * x) * 3;
      assertThat(coarse.image().pixels()[ours]).isEqualTo(whole.pixels()[from]);
    }
    assertThat(decode(file, DecodeOptions.defaults(), 0.25).subsampling()).isEqualTo(4);
  }

  /// A collection of a large heap takes a second, and eight steps would take eight.
  @Test
  void oneCollectionAnswersForAllSteps() {
    var asked = new AtomicInteger();
    byte[] file = Images.encoded("jpeg", 600, 400);
    DecodedImage coarse =
        ImageDecoder.decode(
            file,
            "large",
            DecodeOptions.defaults(),
            () -> {
              asked.incrementAndGet();
              return (long) (0.06 * PIXELS);
            });
    assertThat(coarse.subsampling()).isEqualTo(8);
    assertThat(asked.get()).isLessThanOrEqualTo(3); // twice for the whole, once for the steps
  }

  @Test
  void greyJpegIsDecodedCoarselyToo() {
    byte[] file = Images.encoded("jpeg", new BufferedImage(599, 401, BufferedImage.TYPE_BYTE_GRAY));
    DecodedImage coarse = decode(file, DecodeOptions.defaults(), 1.3);
    assertThat(coarse.subsampling()).isEqualTo(2);
    assertThat(coarse.image().width()).isEqualTo(300);
    assertThat(coarse.image().height()).isEqualTo(201);
  }

  @Test
  void aImageThatMustBeTurnedNeedsTwice() {
    byte[] file = Images.withExif(Images.encoded("jpeg", 600, 400), 6);
    assertThat(decode(file, DecodeOptions.defaults(), 4).subsampling()).isEqualTo(2);
    assertThat(decode(file, DecodeOptions.reference(), 4).subsampling()).isEqualTo(1);
  }

  /// Results of training and evaluation must not depend on the size of the heap.
  @Test
  void theReferenceRefusesRatherThanDecodingCoarsely() {
    byte[] file = Images.encoded("jpeg", 600, 400);
    assertThatThrownBy(() -> decode(file, DecodeOptions.reference(), 1))
        .isInstanceOf(MemoryShortageException.class)
        .hasMessageContainingAll("large is 600x400", "MiB", "-Xmx");
  }

  @Test
  void otherFormatsThatDoNotFitAreRefused() {
    for (String format : new String[] {"png", "gif", "bmp", "tiff", "jpeg"}) {
      byte[] file = Images.encoded(format, 600, 400);
      assertThat(decode(file, DecodeOptions.defaults(), 12).subsampling()).isEqualTo(1);
      assertThatThrownBy(() -> decode(file, DecodeOptions.defaults(), 0.01))
          .as(format)
          .isInstanceOf(MemoryShortageException.class)
          .hasMessageContainingAll("600x400", "-Xmx");
    }
  }

  @Test
  void limitsThatMakeNoSenseAreRefused() {
    for (long limit : new long[] {0, -1, Integer.MAX_VALUE}) {
      assertThatThrownBy(() -> DecodeOptions.defaults().withMaxPixels(limit))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("--max-pixels");
    }
  }
}
