package llava4j.benchmarks;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Random;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;

/// An image that compresses like a photograph.
///
/// @param seed random seed of the image
record Photograph(int width, int height, long seed) {

  /// Gradients, edges and sensor noise, as in a photograph.
  byte[] jpeg() {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Random random = new Random(seed);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int red = 40 + 160 * x / width + noise(random);
        int green = 60 + 130 * y / height + noise(random);
        int blue = 200 - 120 * (x + y) / (width + height) + noise(random);
        image.setRGB(x, y, red << 16 | green << 8 | blue);
      }
    }
    Graphics2D graphics = image.createGraphics();
    for (int shape = 0; shape < 300; shape++) {
      graphics.setColor(
          new Color(random.nextInt(256), random.nextInt(256), random.nextInt(256), 120));
      int side = 20 + random.nextInt(400);
      graphics.fillOval(random.nextInt(width), random.nextInt(height), side, side);
    }
    graphics.dispose();
    return compressed(image);
  }

  /// With the quality of a phone camera: four megabytes for twelve megapixels.
  private static byte[] compressed(BufferedImage image) {
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ImageOutputStream stream = ImageIO.createImageOutputStream(bytes)) {
      ImageWriteParam param = writer.getDefaultWriteParam();
      param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
      param.setCompressionQuality(0.92f);
      writer.setOutput(stream);
      writer.write(null, new IIOImage(image, null, null), param);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }

  private static int noise(Random random) {
    return random.nextInt(33) - 16;
  }
}
