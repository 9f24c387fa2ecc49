package llava4j.tiny.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import llava4j.image.Images;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DrawingsTest {
  @TempDir private Path folder;

  /// The packages of emoji hold WebP files.
  @Test
  void webpIsRead() throws Exception {
    for (byte[] file : new byte[][] {Images.webpLossless(), Images.webpLossy()}) {
      BufferedImage image = Drawings.read(Files.write(folder.resolve("a.webp"), file));
      assertThat(image.getWidth()).isPositive();
      assertThat(image.getHeight()).isPositive();
    }
  }
}
