package llava4j.eval.tiny;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;

/// A drawn image: one to three equal shapes of one colour on white.
///
/// @param number of the image
record ShapesImage(int number, Shape shape, Paint paint, int count) {
  private static final int SIDE = 96;
  private static final int SIZE = 26;

  /// The shape.
  enum Shape {
    CIRCLE,
    SQUARE,
    TRIANGLE
  }

  /// The colour.
  enum Paint {
    RED(Color.RED),
    BLUE(Color.BLUE),
    GREEN(new Color(0, 150, 0)),
    BLACK(Color.BLACK);

    private final Color color;

    Paint(Color color) {
      this.color = color;
    }
  }

  /// Six images, no two alike.
  static List<ShapesImage> all() {
    List<ShapesImage> images = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      images.add(
          new ShapesImage(
              i,
              Shape.values()[i % Shape.values().length],
              Paint.values()[i % Paint.values().length],
              1 + i % 3));
    }
    return images;
  }

  String file() {
    return "scene-" + number + ".png";
  }

  String shapeWord() {
    return shape.name().toLowerCase(Locale.ROOT);
  }

  String colorWord() {
    return paint.name().toLowerCase(Locale.ROOT);
  }

  /// One sentence about it.
  String caption() {
    return "A drawing of "
        + count
        + " "
        + colorWord()
        + " "
        + shapeWord()
        + (count > 1 ? "s." : ".");
  }

  byte[] png() {
    BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, SIDE, SIDE);
    graphics.setColor(paint.color);
    for (int i = 0; i < count; i++) {
      draw(graphics, 6 + i * (SIZE + 4), 10 + i * (SIZE + 2));
    }
    graphics.dispose();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      ImageIO.write(image, "png", bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private void draw(Graphics2D graphics, int x, int y) {
    switch (shape) {
      case CIRCLE -> graphics.fillOval(x, y, SIZE, SIZE);
      case SQUARE -> graphics.fillRect(x, y, SIZE, SIZE);
      case TRIANGLE ->
          graphics.fillPolygon(
              new int[] {x, x + SIZE, x + SIZE / 2}, new int[] {y + SIZE, y + SIZE, y}, 3);
    }
  }
}
