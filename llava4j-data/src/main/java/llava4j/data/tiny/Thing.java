package llava4j.data.tiny;

import java.awt.Rectangle;
import java.util.Optional;

/// Something in a scene.
///
/// @param category the kind of thing; empty for plain shapes and for what is written
/// @param color where the thing has one that can be asked for
/// @param box around what is visible, in pixels
/// @param concept what is known of it; empty for plain shapes and for what is written
record Thing(
    String name,
    Noun noun,
    Optional<String> category,
    Optional<Hue> color,
    Rectangle box,
    Optional<Concept> concept)
    implements Nameable {

  /// A word or digit, not a drawing or shape.
  boolean isWritten() {
    return concept.isEmpty() && color.isEmpty();
  }
}
