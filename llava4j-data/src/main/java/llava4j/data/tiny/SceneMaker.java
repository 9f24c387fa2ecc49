package llava4j.data.tiny;

import java.awt.Color;
import java.awt.Rectangle;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.random.RandomGenerator;
import llava4j.data.tiny.Scene.Kind;

/// Makes pictures of known content.
final class SceneMaker {
  /// Pixels of a picture's longer side.
  static final int SIDE = 112;

  private static final int TRIES = 60;
  private static final int MOST_THINGS = 5;

  private final Material material;

  SceneMaker(Material material) {
    this.material = material;
  }

  Scene make(Kind kind, Split split, RandomGenerator random) {
    return switch (kind) {
      case SINGLE -> single(material.drawing(split, random), random);
      case SEVERAL -> several(split, random);
      case COUNT -> count(split, 1 + random.nextInt(MOST_THINGS), random);
      case SHAPES -> shapes(random);
      case WORD -> word(split, random);
      case DIGITS -> digits(split, random);
    };
  }

  /// One thing, large.
  Scene single(Drawing drawing, RandomGenerator random) {
    Hue background = Hue.random(random);
    Canvas canvas = canvas(background, random);
    int side = 56 + random.nextInt(Math.min(canvas.width(), canvas.height()) - 56);
    Rectangle place =
        new Rectangle(
            random.nextInt(canvas.width() - side + 1),
            random.nextInt(canvas.height() - side + 1),
            side,
            side);
    Optional<Hue> color = tint(drawing, background, random);
    Thing thing = put(canvas, drawing, color, place);
    return new Scene(Kind.SINGLE, canvas.finished(), background, List.of(thing), Optional.empty());
  }

  private Scene several(Split split, RandomGenerator random) {
    Hue background = Hue.random(random);
    Canvas canvas = canvas(background, random);
    int wanted = 2 + random.nextInt(3);
    List<Thing> things = new ArrayList<>();
    List<Rectangle> taken = new ArrayList<>();
    for (int i = 0; i < wanted; i++) {
      Drawing drawing = material.drawing(split, random);
      Optional<Rectangle> place = free(canvas, taken, 32, wanted == 2 ? 62 : 50);
      if (place.isEmpty()
          || things.stream().anyMatch(one -> one.name().equals(drawing.concept().name()))) {
        continue;
      }
      taken.add(place.get());
      things.add(put(canvas, drawing, tint(drawing, background, random), place.get()));
    }
    return new Scene(Kind.SEVERAL, canvas.finished(), background, things, Optional.empty());
  }

  private Scene count(Split split, int wanted, RandomGenerator random) {
    Hue background = Hue.random(random);
    Canvas canvas = new Canvas(SIDE, SIDE, background, random);
    Drawing drawing = material.drawing(split, random);
    Optional<Hue> color = tint(drawing, background, random);
    int side = wanted <= 2 ? 30 + random.nextInt(16) : 25 + random.nextInt(10);
    List<Thing> things = new ArrayList<>();
    List<Rectangle> taken = new ArrayList<>();
    for (int i = 0; i < wanted; i++) {
      Optional<Rectangle> place = free(canvas, taken, side, side + 3);
      if (place.isPresent()) {
        taken.add(place.get());
        things.add(put(canvas, drawing, color, place.get()));
      }
    }
    return new Scene(Kind.COUNT, canvas.finished(), background, things, Optional.empty());
  }

  private Scene shapes(RandomGenerator random) {
    Hue background = Hue.random(random);
    Canvas canvas = canvas(background, random);
    int wanted = 1 + random.nextInt(4);
    List<Thing> things = new ArrayList<>();
    List<Rectangle> taken = new ArrayList<>();
    for (int i = 0; i < wanted; i++) {
      Shapes shape = Shapes.random(random);
      Hue color = Hue.otherThan(background, random);
      Optional<Rectangle> place = free(canvas, taken, 22, 50);
      if (place.isEmpty() || things.stream().anyMatch(one -> one.name().equals(shape.word()))) {
        continue;
      }
      taken.add(place.get());
      canvas.fill(shape.in(place.get()), color.any(random));
      things.add(
          new Thing(
              shape.word(),
              Noun.COUNTED,
              Optional.empty(),
              Optional.of(color),
              place.get(),
              Optional.empty()));
    }
    return new Scene(Kind.SHAPES, canvas.finished(), background, things, Optional.empty());
  }

  private Scene word(Split split, RandomGenerator random) {
    Hue background = Hue.random(random);
    Canvas canvas = canvas(background, random);
    String word = material.lettering().word(split == Split.NEW_CONCEPT, random);
    int height = 20 + random.nextInt(16);
    int width = Math.min(canvas.width() - 6, word.length() * (17 + random.nextInt(6)));
    Rectangle place =
        new Rectangle(
            3 + random.nextInt(Math.max(1, canvas.width() - width - 5)),
            3 + random.nextInt(Math.max(1, canvas.height() - height - 5)),
            width,
            height);
    canvas.write(
        word.toUpperCase(Locale.ROOT),
        material.lettering().font(split == Split.NEW_STYLE, random),
        place,
        ink(background, random));
    return new Scene(Kind.WORD, canvas.finished(), background, List.of(), Optional.of(word));
  }

  private Scene digits(Split split, RandomGenerator random) {
    Hue background = random.nextBoolean() ? Hue.WHITE : Hue.random(random);
    Canvas canvas = new Canvas(SIDE, SIDE, background, random);
    int side = 48 + random.nextInt(SIDE - 50);
    int left = 1 + random.nextInt(SIDE - side - 1);
    int top = 1 + random.nextInt(SIDE - side - 1);
    int rgb = ink(background, random).getRGB();
    int digit = random.nextInt(10);
    BufferedImage ink = material.handwriting().digit(digit, split != Split.TRAIN, random, rgb);
    canvas.paste(ink, new Rectangle(left, top, side, side));
    return new Scene(
        Kind.DIGITS, canvas.finished(), background, List.of(), Optional.of(String.valueOf(digit)));
  }

  /// Mostly square; sometimes wide or high, so that padding is seen too.
  private static Canvas canvas(Hue background, RandomGenerator random) {
    int shorter = random.nextInt(4) == 0 ? 84 + random.nextInt(SIDE - 84) : SIDE;
    boolean wide = random.nextBoolean();
    return new Canvas(wide ? SIDE : shorter, wide ? shorter : SIDE, background, random);
  }

  /// A square place that overlaps none that is taken.
  private static Optional<Rectangle> free(
      Canvas canvas, List<Rectangle> taken, int smallest, int largest) {
    RandomGenerator random = canvas.random();
    for (int i = 0; i < TRIES; i++) {
      int side = smallest + random.nextInt(largest - smallest);
      Rectangle place =
          new Rectangle(
              random.nextInt(canvas.width() - side + 1),
              random.nextInt(canvas.height() - side + 1),
              side,
              side);
      if (taken.stream().noneMatch(place::intersects)) {
        return Optional.of(place);
      }
    }
    return Optional.empty();
  }

  private static Thing put(Canvas canvas, Drawing drawing, Optional<Hue> color, Rectangle place) {
    BufferedImage image =
        color.map(hue -> tinted(drawing.image(), hue.any(canvas.random()))).orElse(drawing.image());
    Rectangle box = canvas.draw(image, place);
    Concept concept = drawing.concept();
    return new Thing(
        concept.name(),
        concept.noun(),
        Optional.of(concept.category()),
        color,
        box,
        Optional.of(concept));
  }

  /// Line drawings get a colour that shows on the background.
  private static Optional<Hue> tint(Drawing drawing, Hue background, RandomGenerator random) {
    return drawing.style() == Style.TABLER
        ? Optional.of(Hue.otherThan(background, random))
        : Optional.empty();
  }

  private static BufferedImage tinted(BufferedImage image, Color color) {
    BufferedImage result =
        new BufferedImage(image.getWidth(), image.getHeight(), BufferedImage.TYPE_INT_ARGB);
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        int alpha = image.getRGB(x, y) & 0xFF000000;
        result.setRGB(x, y, alpha | (color.getRGB() & 0xFFFFFF));
      }
    }
    return result;
  }

  /// Dark on light or light on dark.
  private static Color ink(Hue background, RandomGenerator random) {
    boolean dark =
        switch (background) {
          case WHITE, YELLOW, PINK, ORANGE -> true;
          case BLACK, BROWN, BLUE, PURPLE, RED -> false;
          case GREEN, GRAY -> random.nextBoolean();
        };
    return dark
        ? new Color(random.nextInt(60), random.nextInt(60), random.nextInt(60))
        : new Color(255 - random.nextInt(40), 255 - random.nextInt(40), 255 - random.nextInt(40));
  }
}
