package llava4j.data.stats;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import javax.imageio.ImageIO;
import llava4j.image.PillowResize;
import llava4j.image.RgbImage;

/// A thumbnail that is embedded in the page.
final class InlineImage {
  private static final int SIDE = 240; // pixels

  private InlineImage() {}

  /// The value of the `src` attribute of an `img` element: a data URI.
  static String of(RgbImage image) {
    double scale = Math.min(1, (double) SIDE / Math.max(image.width(), image.height()));
    int width = Math.max(1, (int) (image.width() * scale));
    int height = Math.max(1, (int) (image.height() * scale));
    RgbImage small = scale < 1 ? PillowResize.resize(image, width, height) : image;
    BufferedImage drawn = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    byte[] rgb = small.pixels(); // [height, width, 3]
    for (int pixel = 0; pixel < rgb.length / 3; pixel++) {
      int value =
          (rgb[3 * pixel] & 0xFF) << 16
              | (rgb[3 * pixel + 1] & 0xFF) << 8
              | (rgb[3 * pixel + 2] & 0xFF);
      drawn.setRGB(pixel % width, pixel / width, value);
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      ImageIO.write(drawn, "jpg", bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return "data:image/jpeg;base64," + Base64.getEncoder().encodeToString(bytes.toByteArray());
  }
}
