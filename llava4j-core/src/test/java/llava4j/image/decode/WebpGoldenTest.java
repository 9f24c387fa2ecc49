package llava4j.image.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// WebP files against what Pillow made of them: the same bytes.
class WebpGoldenTest {
  private static byte[] bytes(String name) throws IOException {
    try (InputStream in = WebpGoldenTest.class.getResourceAsStream("/cases/webp/" + name)) {
      return in.readAllBytes();
    }
  }

  private static DecodedImage decode(byte[] file) {
    return ImageDecoder.decode(file, "photo.webp", DecodeOptions.reference());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "lossy_q75_63x65",
        "lossy_q10_129x67",
        "lossy_alpha_33x17",
        "lossless_31x29",
        "lossless_alpha_16x16",
        "lossless_p3_40x30",
        "lossy_broken_profile_40x30",
        "lossy_exif6_40x30",
        "animated_40x30",
        "animated_small_frame"
      })
  void pixelsAreThoseOfPillow(String name) throws IOException {
    DecodedImage ours = decode(bytes(name + ".webp"));
    assertThat(ours.image()).isEqualTo(decode(bytes(name + ".pillow.png")).image());
    assertThat(ours.animated()).isEqualTo(name.startsWith("animated"));
  }

  @Test
  void exifTurnsUnlessTheReferenceIsWanted() throws IOException {
    byte[] file = bytes("lossy_exif6_40x30.webp");
    DecodedImage turned = ImageDecoder.decode(file, "photo.webp");
    assertThat(turned.orientation()).isEqualTo(Orientation.ROTATED_90);
    assertThat(turned.image()).isEqualTo(Orientation.ROTATED_90.apply(decode(file).image()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"lossy_q75_63x65", "lossy_alpha_33x17", "lossless_31x29", "animated_40x30"})
  void truncatedFilesAreRefused(String name) throws IOException {
    byte[] file = bytes(name + ".webp");
    for (int percent : new int[] {5, 30, 60, 90, 99}) {
      byte[] part = Arrays.copyOf(file, file.length * percent / 100);
      assertThatThrownBy(() -> decode(part))
          .as("%d %%", percent)
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("photo.webp");
      // the size in the header made to fit, so that only the decoder can tell
      int left = part.length - 8;
      for (int i = 0; i < 4 && part.length > 8; i++) {
        part[4 + i] = (byte) (left >> (8 * i));
      }
      assertThatThrownBy(() -> decode(part)).isInstanceOf(BadInputException.class);
    }
  }

  @Test
  void damagedImageDataIsRefused() throws IOException {
    byte[] file = bytes("lossless_31x29.webp");
    Arrays.fill(file, 30, 90, (byte) 0xA5);
    assertThatThrownBy(() -> decode(file)).isInstanceOf(BadInputException.class);
  }
}
