package llava4j.data.mixture.rule;

import java.util.Optional;
import llava4j.data.ImageSize;

/// A box in pixels of an image: left, top, right, bottom.
public record PixelBox(double x1, double y1, double x2, double y2) {

  /// From the upper left corner, width and height, as in COCO and Visual Genome.
  public static PixelBox ofCorner(double x, double y, double width, double height) {
    return new PixelBox(x, y, x + width, y + height);
  }

  /// The part of the box inside the image; empty if there is none.
  public Optional<PixelBox> within(ImageSize size) {
    PixelBox inside =
        new PixelBox(
            Math.clamp(x1, 0, size.width()),
            Math.clamp(y1, 0, size.height()),
            Math.clamp(x2, 0, size.width()),
            Math.clamp(y2, 0, size.height()));
    return inside.x1 < inside.x2 && inside.y1 < inside.y2 ? Optional.of(inside) : Optional.empty();
  }
}
