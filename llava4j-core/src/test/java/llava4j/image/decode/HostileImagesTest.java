package llava4j.image.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.function.Supplier;
import java.util.stream.Stream;
import llava4j.error.BadInputException;
import llava4j.image.Images;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// What stands around an image costs neither time nor memory, whatever it claims.
class HostileImagesTest {
  /// Copies of the file itself, and a little for the readers.
  private static final long COPIES = 6;

  private static final long READERS = 32L << 20;

  static Stream<Arguments> images() {
    return HostileImages.all().entrySet().stream()
        .map(entry -> Arguments.of(entry.getKey(), entry.getValue()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("images")
  void costsLittle(String name, Supplier<byte[]> image) {
    byte[] file = image.get();
    ImageDecoder.decode(Images.encoded("png", 2, 2), "to load classes");
    long allocated =
        assertTimeoutPreemptively(Duration.ofSeconds(4), () -> allocatedWhileDecoding(file, name));
    assertThat(allocated).isLessThan(COPIES * file.length + READERS);
  }

  /// An image or a sentence are both right; hanging, running out of memory, other exceptions not.
  private static long allocatedWhileDecoding(byte[] file, String name) {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    try {
      DecodedImage decoded = ImageDecoder.decode(file, name);
      assertThat(decoded.image().width()).isLessThanOrEqualTo(32);
    } catch (BadInputException e) {
      assertThat(e).hasMessageContaining(name);
    }
    return threads.getCurrentThreadAllocatedBytes() - before;
  }

  /// The bombs are what they are meant to be: without the rubbish, the image is read.
  @Test
  void rubbishAroundAImageDoesNotHinderIt() {
    for (String name :
        new String[] {
          "PNG with a bomb in zTXt",
          "PNG with many frames",
          "JPEG with many comments",
          "GIF with a long comment",
          "WebP with a long profile",
          "TIFF whose directories loop",
          "TIFF with a profile that claims gigabytes",
          "BMP with a profile that claims gigabytes"
        }) {
      byte[] file = HostileImages.all().get(name).get();
      int side = name.startsWith("WebP") ? 1 : 32;
      assertThat(ImageDecoder.decode(file, name).image().height()).as(name).isEqualTo(side);
    }
  }
}
