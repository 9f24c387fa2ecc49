package llava4j.tiny.data;

import java.awt.Polygon;
import java.awt.Rectangle;
import java.awt.Shape;
import java.awt.geom.Ellipse2D;
import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;

/// Plain shapes.
enum Shapes {
  CIRCLE,
  SQUARE,
  TRIANGLE,
  DIAMOND,
  STAR,
  CROSS;

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Shapes random(RandomGenerator random) {
    List<Shapes> all = List.of(values());
    return all.get(random.nextInt(all.size()));
  }

  /// The shape that fills a box.
  Shape in(Rectangle box) {
    return switch (this) {
      case CIRCLE -> new Ellipse2D.Double(box.x, box.y, box.width, box.height);
      case SQUARE -> box;
      case TRIANGLE -> polygon(box, 0.5, 0, 1, 1, 0, 1);
      case DIAMOND -> polygon(box, 0.5, 0, 1, 0.5, 0.5, 1, 0, 0.5);
      case STAR ->
          polygon(
              box, 0.5, 0, 0.62, 0.38, 1, 0.38, 0.69, 0.61, 0.81, 1, 0.5, 0.76, 0.19, 1, 0.31, 0.61,
              0, 0.38, 0.38, 0.38);
      case CROSS ->
          polygon(
              box, 0.35, 0, 0.65, 0, 0.65, 0.35, 1, 0.35, 1, 0.65, 0.65, 0.65, 0.65, 1, 0.35, 1,
              0.35, 0.65, 0, 0.65, 0, 0.35, 0.35, 0.35);
    };
  }

  private static Polygon polygon(Rectangle box, double... corners) {
    Polygon polygon = new Polygon();
    for (int i = 0; i < corners.length; i += 2) {
      polygon.addPoint(
          (int) Math.round(box.x + corners[i] * box.width),
          (int) Math.round(box.y + corners[i + 1] * box.height));
    }
    return polygon;
  }
}
