package llava4j.data.stats;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import javax.imageio.ImageIO;
import llava4j.image.PillowResize;
import llava4j.image.RgbImage;

/// A small copy of a picture that lies in the page itself.
final class InlinePicture {
  private static final int SIDE = 240; // pixels

  private InlinePicture() {}

  /// The `src` of an `img`.
  static String of(RgbImage picture) {
    double scale = Math.min(1, (double) SIDE / Math.max(picture.width(), picture.height()));
    int width = Math.max(1, (int) (picture.width() * scale));
    int height = Math.max(1, (int) (picture.height() * scale));
    RgbImage small = scale < 1 ? PillowResize.resize(picture, width, height) : picture;
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    byte[] rgb = small.pixels(); // [height, width, 3]
    for (int pixel = 0; pixel < rgb.length / 3; pixel++) {
      int value =
          (rgb[3 * pixel] & 0xFF) << 16
              | (rgb[3 * pixel + 1] & 0xFF) << 8
              | (rgb[3 * pixel + 2] & 0xFF);
      image.setRGB(pixel % width, pixel / width, value);
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      ImageIO.write(image, "jpg", bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return "data:image/jpeg;base64," + Base64.getEncoder().encodeToString(bytes.toByteArray());
  }
}
