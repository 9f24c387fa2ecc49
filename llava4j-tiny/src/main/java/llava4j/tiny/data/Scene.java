package llava4j.tiny.data;

import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Optional;

/// An image and everything that is true of it.
///
/// @param image without transparency
/// @param things in the order of drawing
/// @param writing what can be read
record Scene(
    Kind kind, BufferedImage image, Hue background, List<Thing> things, Optional<String> writing) {

  /// What a scene is made for.
  enum Kind {
    /// One thing, large.
    SINGLE,
    /// Two to four different things.
    SEVERAL,
    /// One to five of the same.
    COUNT,
    /// Shapes of named colours.
    SHAPES,
    /// A printed word.
    WORD,
    /// A handwritten digit.
    DIGITS,
    /// Things, shapes, words and digits side by side.
    MIXED
  }

  Scene {
    things = List.copyOf(things);
  }

  Thing only() {
    return things.getFirst();
  }

  /// Whether nothing else has this thing's name.
  boolean isTheOnlyOne(Thing thing) {
    return things.stream().filter(one -> one.name().equals(thing.name())).count() == 1;
  }

  /// Whether something of this name is in the image.
  boolean shows(String name) {
    return things.stream().anyMatch(thing -> thing.name().equals(name));
  }
}
