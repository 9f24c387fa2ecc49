package llava4j.tiny.data;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.GradientPaint;
import java.awt.Graphics2D;
import java.awt.Rectangle;
import java.awt.RenderingHints;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.image.BufferedImage;
import java.util.random.RandomGenerator;

/// An image in the making.
final class Canvas {
  private final BufferedImage image;
  private final Graphics2D graphics;
  private final RandomGenerator random;

  Canvas(int width, int height, Hue background, RandomGenerator random) {
    this.image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    this.graphics = image.createGraphics();
    this.random = random;
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    graphics.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
    graphics.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    paintBackground(background);
  }

  int width() {
    return image.getWidth();
  }

  int height() {
    return image.getHeight();
  }

  BufferedImage finished() {
    graphics.dispose();
    return image;
  }

  /// Flat, shaded, or with grain, always in one colour.
  private void paintBackground(Hue background) {
    Color one = background.any(random);
    Color other = random.nextInt(3) == 0 ? background.any(random) : one;
    graphics.setPaint(
        new GradientPaint(
            random.nextInt(width()), 0, one, random.nextInt(width()), height(), other));
    graphics.fillRect(0, 0, width(), height());
    if (random.nextInt(4) == 0) {
      int strength = 4 + random.nextInt(14);
      for (int y = 0; y < height(); y++) {
        for (int x = 0; x < width(); x++) {
          image.setRGB(x, y, shifted(image.getRGB(x, y), random.nextInt(strength) - strength / 2));
        }
      }
    }
  }

  private static int shifted(int rgb, int by) {
    int result = 0;
    for (int shift = 0; shift <= 16; shift += 8) {
      int value = Math.clamp(((rgb >> shift) & 255) + by, 0, 255);
      result |= value << shift;
    }
    return result;
  }

  /// Draws a drawing into a place, turned a little, sometimes mirrored.
  ///
  /// @param place the drawing keeps its proportions within it
  /// @return around what is visible
  Rectangle draw(BufferedImage drawing, Rectangle place) {
    double scale =
        Math.min(
            (double) place.width / drawing.getWidth(), (double) place.height / drawing.getHeight());
    int width = Math.max(2, (int) Math.round(drawing.getWidth() * scale));
    int height = Math.max(2, (int) Math.round(drawing.getHeight() * scale));
    BufferedImage small = Trimming.scaled(drawing, width, height);
    int side = (int) Math.ceil(Math.hypot(width, height)) + 2;
    BufferedImage turned = new BufferedImage(side, side, BufferedImage.TYPE_INT_ARGB);
    Graphics2D turning = turned.createGraphics();
    turning.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
    AffineTransform transform = AffineTransform.getTranslateInstance(side / 2.0, side / 2.0);
    if (random.nextInt(3) == 0) {
      transform.rotate((random.nextDouble() - 0.5) * 0.5);
    }
    transform.scale(random.nextInt(2) == 0 ? -1 : 1, 1);
    transform.translate(-width / 2.0, -height / 2.0);
    turning.drawImage(small, transform, null);
    turning.dispose();
    Rectangle visible = Trimming.box(turned);
    int x = place.x + (place.width - visible.width) / 2;
    int y = place.y + (place.height - visible.height) / 2;
    graphics.drawImage(turned, x - visible.x, y - visible.y, null);
    return new Rectangle(x, y, visible.width, visible.height)
        .intersection(new Rectangle(0, 0, width(), height()));
  }

  /// Copies an image into a place as it is.
  void paste(BufferedImage pasted, Rectangle place) {
    graphics.drawImage(pasted, place.x, place.y, place.width, place.height, null);
  }

  /// Fills a shape, with a thin darker rim.
  void fill(Shape shape, Color color) {
    graphics.setPaint(color);
    graphics.fill(shape);
    if (random.nextInt(2) == 0) {
      graphics.setPaint(random.nextBoolean() ? Color.DARK_GRAY : color.darker());
      graphics.setStroke(new BasicStroke(1));
      graphics.draw(shape);
    }
  }

  /// Writes in the middle of a place, as large as fits.
  ///
  /// @param narrow letters' width against the font's own
  /// @return around the letters
  Rectangle write(String text, Font font, double narrow, Rectangle place, Color color) {
    java.awt.font.FontRenderContext context = graphics.getFontRenderContext();
    Font own = font.deriveFont(AffineTransform.getScaleInstance(narrow, 1));
    java.awt.geom.Rectangle2D unit =
        own.deriveFont(100f).createGlyphVector(context, text).getVisualBounds();
    double scale = Math.min(place.width / unit.getWidth(), place.height / unit.getHeight());
    java.awt.font.GlyphVector glyphs =
        own.deriveFont((float) (100 * scale)).createGlyphVector(context, text);
    java.awt.geom.Rectangle2D bounds = glyphs.getVisualBounds();
    double x = place.x + (place.width - bounds.getWidth()) / 2;
    double y = place.y + (place.height - bounds.getHeight()) / 2;
    graphics.setPaint(color);
    graphics.drawGlyphVector(glyphs, (float) (x - bounds.getX()), (float) (y - bounds.getY()));
    return new Rectangle(
        (int) x, (int) y, (int) Math.ceil(bounds.getWidth()), (int) Math.ceil(bounds.getHeight()));
  }

  RandomGenerator random() {
    return random;
  }
}
