package llava4j.image.decode;

import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import llava4j.error.BadInputException;
import llava4j.image.Images;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/// Whatever the bytes, the answer is an image or one sentence.
class ImageDecoderFuzzTest {
  private static final DecodeOptions SMALL = DecodeOptions.defaults().withMaxPixels(1_000_000);

  @Property(tries = 400)
  void randomBytesBehindAnyMagicAreRefusedOrRead(
      @ForAll("samples") byte[] sample, @ForAll long seed) {
    Random random = new Random(seed);
    byte[] file = new byte[16 + random.nextInt(300)];
    random.nextBytes(file);
    System.arraycopy(sample, 0, file, 0, Math.min(sample.length, 2 + random.nextInt(14)));
    decodeOrRefuse(file);
  }

  @Property(tries = 1200)
  void mutatedImagesAreRefusedOrRead(@ForAll("samples") byte[] sample, @ForAll long seed) {
    Random random = new Random(seed);
    byte[] file = sample.clone();
    for (int i = random.nextInt(6); i >= 0; i--) {
      file[random.nextInt(file.length)] = (byte) random.nextInt();
    }
    // headers matter most
    file[random.nextInt(Math.min(64, file.length))] ^= (byte) (1 << random.nextInt(8));
    int length = random.nextInt(4) == 0 ? random.nextInt(file.length) : file.length;
    decodeOrRefuse(java.util.Arrays.copyOf(file, length));
  }

  /// The WebP reader takes bits behind the end for zeros; it must not go on for minutes.
  @Example
  void endlessZerosBehindADamagedImageEndSoon() {
    byte[] file = Images.webpLossless();
    assertTimeoutPreemptively(
        Duration.ofSeconds(60),
        () -> {
          for (int position = 20; position < file.length; position++) {
            for (int value = 0; value < 256; value += 5) {
              byte[] damaged = file.clone();
              damaged[position] = (byte) value;
              decodeOrRefuse(damaged);
            }
          }
        });
  }

  @Provide
  Arbitrary<byte[]> samples() {
    byte[] jpeg = Images.encoded("jpeg", 24, 17);
    return Arbitraries.of(
        List.of(
            jpeg,
            Images.withExif(jpeg, 6),
            Images.encoded("png", 24, 17),
            Images.encoded("gif", 24, 17),
            Images.encoded("bmp", 24, 17),
            Images.encoded("tiff", 24, 17),
            Images.webpLossless(),
            Images.webpLossy(),
            Images.webpAnimated()));
  }

  private static void decodeOrRefuse(byte[] file) {
    try {
      DecodedImage decoded = ImageDecoder.decode(file, "fuzz", SMALL);
      if (decoded.image().pixels().length == 0) {
        throw new AssertionError("an image without pixels");
      }
    } catch (BadInputException e) {
      if (!e.getMessage().contains("fuzz")) {
        throw new AssertionError("the sentence does not name the file: " + e.getMessage(), e);
      }
    }
  }
}
