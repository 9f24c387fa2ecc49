package llava4j.tiny.data;

import java.awt.Graphics2D;
import java.awt.Point;
import java.awt.Rectangle;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/// Cuts images to what is visible of them.
final class Trimming {
  private static final int BARELY_VISIBLE = 40;
  private static final int FEWEST_PIXELS = 12;
  private static final int WHITE = 240;

  private Trimming() {}

  /// What is visible, at most [Drawings#SIDE] pixels a side; empty if next to nothing is.
  static Optional<BufferedImage> visible(BufferedImage image) {
    Rectangle box = box(image);
    if (box.width < FEWEST_PIXELS || box.height < FEWEST_PIXELS) {
      return Optional.empty();
    }
    double scale = Math.min(1, (double) Drawings.SIDE / Math.max(box.width, box.height));
    int width = Math.max(1, (int) Math.round(box.width * scale));
    int height = Math.max(1, (int) Math.round(box.height * scale));
    BufferedImage cut = image.getSubimage(box.x, box.y, box.width, box.height);
    return Optional.of(scaled(cut, width, height));
  }

  /// The image with the white that reaches its edges taken away.
  static BufferedImage withoutPaper(BufferedImage image) {
    int width = image.getWidth();
    int height = image.getHeight();
    BufferedImage cut = new BufferedImage(width, height, BufferedImage.TYPE_INT_ARGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        cut.setRGB(x, y, image.getRGB(x, y) | 0xFF000000);
      }
    }
    Deque<Point> open = new ArrayDeque<>();
    for (int x = 0; x < width; x++) {
      open.add(new Point(x, 0));
      open.add(new Point(x, height - 1));
    }
    for (int y = 0; y < height; y++) {
      open.add(new Point(0, y));
      open.add(new Point(width - 1, y));
    }
    while (!open.isEmpty()) {
      Point at = open.remove();
      boolean inside = at.x >= 0 && at.y >= 0 && at.x < width && at.y < height;
      if (inside && isPaper(cut.getRGB(at.x, at.y))) {
        cut.setRGB(at.x, at.y, 0);
        open.add(new Point(at.x - 1, at.y));
        open.add(new Point(at.x + 1, at.y));
        open.add(new Point(at.x, at.y - 1));
        open.add(new Point(at.x, at.y + 1));
      }
    }
    return cut;
  }

  /// Visible, and white but for what compression made of it.
  private static boolean isPaper(int argb) {
    boolean white = true;
    for (int shift = 0; shift <= 16; shift += 8) {
      white &= ((argb >> shift) & 255) >= WHITE;
    }
    return white && argb >>> 24 == 255;
  }

  /// The image in another size. Halves first: one big step of bilinear drops pixels.
  static BufferedImage scaled(BufferedImage image, int width, int height) {
    BufferedImage current = image;
    while (current.getWidth() > 2 * width && current.getHeight() > 2 * height) {
      current = drawn(current, current.getWidth() / 2, current.getHeight() / 2);
    }
    return drawn(current, width, height);
  }

  /// The smallest rectangle around everything visible.
  static Rectangle box(BufferedImage image) {
    Rectangle box = new Rectangle(0, 0, -1, -1);
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        if (image.getRGB(x, y) >>> 24 >= BARELY_VISIBLE) {
          box.add(new Rectangle(x, y, 1, 1));
        }
      }
    }
    return box;
  }

  private static BufferedImage drawn(BufferedImage image, int width, int height) {
    BufferedImage result = new BufferedImage(width, height, BufferedImage.TYPE_INT_ARGB);
    Graphics2D graphics = result.createGraphics();
    graphics.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
    graphics.drawImage(image, 0, 0, width, height, null);
    graphics.dispose();
    return result;
  }
}
