package llava4j.tiny.data;

import java.awt.Rectangle;
import java.util.Optional;

/// Something in a scene.
///
/// @param category the kind of thing; empty for plain shapes and for what is not drawn
/// @param color where the thing has one that can be asked for
/// @param box around what is visible, in pixels; of a digit its paper, of an empty part all of it
/// @param concept what is known of it; empty for plain shapes and for what is not drawn
record Thing(
    String name,
    Noun noun,
    Optional<String> category,
    Optional<Hue> color,
    Rectangle box,
    Optional<Concept> concept)
    implements Nameable {

  /// A drawing or a shape; everything else is a word, a digit or an empty part of an image.
  boolean isDrawn() {
    return concept.isPresent() || color.isPresent();
  }

  /// Pixels of its box.
  double area() {
    return (double) box.width * box.height;
  }
}
