package llava4j.tiny.data;

import java.awt.Rectangle;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.random.RandomGenerator;
import llava4j.tiny.data.Scene.Kind;

/// An image of two halves, each with a printed word or two cells; a cell has a thing, a digit or a
/// shape, or shows the background. One image so teaches the vision tower several words in their
/// places. Training alone has such images.
final class MixedScene {
  private final Material material;
  private final RandomGenerator random;
  private final Hue background;
  private final Canvas canvas;
  private final List<Thing> things = new ArrayList<>();

  MixedScene(Material material, RandomGenerator random) {
    this.material = material;
    this.random = random;
    this.background = Hue.random(random);
    this.canvas = SceneMaker.canvas(background, random);
  }

  /// Everything in it is a thing, also words, digits, and the colour of an empty cell.
  Scene make() {
    int height = canvas.height() / 2;
    for (int half = 0; half < 2; half++) {
      Rectangle place = new Rectangle(0, half * height, canvas.width(), height);
      if (random.nextInt(100) < 30) {
        word(place);
      } else {
        int width = canvas.width() / 2;
        cell(new Rectangle(0, place.y, width, height));
        cell(new Rectangle(width, place.y, width, height));
      }
    }
    return new Scene(Kind.MIXED, canvas.finished(), background, things, Optional.empty());
  }

  private void word(Rectangle half) {
    String word = material.lettering().word(false, random);
    Rectangle line = SceneMaker.lineFor(word, half.width, random);
    int room = half.width - line.width;
    line.translate(
        random.nextBoolean() ? 1 + random.nextInt(4) : random.nextInt(room),
        half.y + random.nextInt(half.height - line.height + 1));
    Rectangle box =
        canvas.write(
            word.toUpperCase(Locale.ROOT),
            material.lettering().font(false, random),
            SceneMaker.narrow(random),
            line,
            SceneMaker.ink(background, random));
    add(word, box);
  }

  private void cell(Rectangle cell) {
    int dice = random.nextInt(100);
    if (dice < 66) {
      Drawing drawing = material.drawing(Split.TRAIN, random);
      Rectangle place = SceneMaker.within(cell, 0.75 + 0.25 * random.nextDouble(), random);
      Optional<Hue> color = SceneMaker.tint(drawing, background, random);
      things.add(SceneMaker.put(canvas, drawing, color, place));
    } else if (dice < 86) {
      digit(SceneMaker.within(cell, 0.8 + 0.2 * random.nextDouble(), random));
    } else if (dice < 94) {
      shape(SceneMaker.within(cell, 0.5 + 0.5 * random.nextDouble(), random));
    } else {
      add(background.word(), cell);
    }
  }

  private void digit(Rectangle place) {
    int digit = random.nextInt(10);
    int rgb = SceneMaker.ink(background, random).getRGB();
    BufferedImage ink = material.handwriting().digit(digit, false, random, rgb);
    canvas.paste(ink, place);
    add(String.valueOf(digit), place);
  }

  private void shape(Rectangle place) {
    Shapes shape = Shapes.random(random);
    Hue color = Hue.otherThan(background, random);
    canvas.fill(shape.in(place), color.any(random));
    things.add(
        new Thing(
            shape.word(),
            Noun.COUNTED,
            Optional.empty(),
            Optional.of(color),
            place,
            Optional.empty()));
  }

  private void add(String word, Rectangle box) {
    things.add(
        new Thing(
            word,
            Noun.COUNTED,
            Optional.empty(),
            Optional.empty(),
            box.intersection(new Rectangle(0, 0, canvas.width(), canvas.height())),
            Optional.empty()));
  }
}
