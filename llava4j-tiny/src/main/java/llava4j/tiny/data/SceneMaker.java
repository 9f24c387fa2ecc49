package llava4j.tiny.data;

import java.awt.Color;
import java.awt.Rectangle;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import java.util.random.RandomGenerator;
import llava4j.tiny.data.Scene.Kind;

/// Makes images of known content.
final class SceneMaker {
  /// Pixels of an image's longer side.
  static final int SIDE = 112;

  private static final int LETTER = 19; // pixels, at least
  private static final int MOST_THINGS = 5;
  private static final double MOST_GAIN = 0.25; // of a colour's strength

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
      case MIXED -> new MixedScene(material, random).make();
    };
  }

  /// One thing, large.
  Scene single(Drawing drawing, RandomGenerator random) {
    Hue background = Hue.random(random);
    Canvas canvas = canvas(background, random);
    int shorter = Math.min(canvas.width(), canvas.height());
    int side = shorter - random.nextInt(shorter / 4);
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
    int dice = random.nextInt(9);
    int wanted = dice < 5 ? 2 : dice < 8 ? 3 : 4;
    List<Thing> things = new ArrayList<>();
    List<Rectangle> cells = cells(canvas, 2);
    for (int i = 0; i < wanted; i++) {
      Drawing drawing = material.drawing(split, random);
      if (things.stream().anyMatch(one -> one.name().equals(drawing.concept().name()))) {
        continue;
      }
      Rectangle place = within(cells.get(i), 0.75 + 0.25 * random.nextDouble(), random);
      things.add(put(canvas, drawing, tint(drawing, background, random), place));
    }
    return new Scene(Kind.SEVERAL, canvas.finished(), background, things, Optional.empty());
  }

  private Scene count(Split split, int wanted, RandomGenerator random) {
    Hue background = Hue.random(random);
    Canvas canvas = new Canvas(SIDE, SIDE, background, random);
    Drawing drawing = material.drawing(split, random);
    Optional<Hue> color = tint(drawing, background, random);
    double share = 0.75 + 0.25 * random.nextDouble();
    List<Rectangle> cells = cells(canvas, 3);
    List<Thing> things = new ArrayList<>();
    for (int i = 0; i < wanted; i++) {
      things.add(put(canvas, drawing, color, within(cells.get(i), share, random)));
    }
    return new Scene(Kind.COUNT, canvas.finished(), background, things, Optional.empty());
  }

  private Scene shapes(RandomGenerator random) {
    Hue background = Hue.random(random);
    Canvas canvas = canvas(background, random);
    int wanted = 1 + random.nextInt(4);
    List<Thing> things = new ArrayList<>();
    List<Rectangle> cells = cells(canvas, 2);
    for (int i = 0; i < wanted; i++) {
      Shapes shape = Shapes.random(random);
      Hue color = Hue.otherThan(background, random);
      if (things.stream().anyMatch(one -> one.name().equals(shape.word()))) {
        continue;
      }
      Rectangle place = within(cells.get(i), 0.5 + 0.5 * random.nextDouble(), random);
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
    return new Scene(Kind.SHAPES, canvas.finished(), background, things, Optional.empty());
  }

  private Scene word(Split split, RandomGenerator random) {
    Hue background = Hue.random(random);
    Canvas canvas = canvas(background, random);
    String word = material.lettering().word(split == Split.NEW_CONCEPT, random);
    Rectangle place = lineFor(word, canvas.width(), random);
    place.translate(
        1 + random.nextInt(4), (canvas.height() - place.height) / 2 + random.nextInt(13) - 6);
    canvas.write(
        word.toUpperCase(Locale.ROOT),
        material.lettering().font(split == Split.NEW_STYLE, random),
        split == Split.TRAIN ? narrow(random) : 1,
        place,
        ink(background, random));
    return new Scene(Kind.WORD, canvas.finished(), background, List.of(), Optional.of(word));
  }

  /// Room for a printed word.
  static Rectangle lineFor(String word, int width, RandomGenerator random) {
    int wide = Math.min(width - 4, word.length() * (LETTER + random.nextInt(3)));
    return new Rectangle(wide, 28 + random.nextInt(8));
  }

  /// Letters from narrow to wide, so that fonts differ in more than there are fonts.
  static double narrow(RandomGenerator random) {
    return 0.7 + 0.45 * random.nextDouble();
  }

  private Scene digits(Split split, RandomGenerator random) {
    Hue background = random.nextBoolean() ? Hue.WHITE : Hue.random(random);
    Canvas canvas = new Canvas(SIDE, SIDE, background, random);
    int side = 84 + random.nextInt(SIDE - 86);
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
  static Canvas canvas(Hue background, RandomGenerator random) {
    int shorter = random.nextInt(4) == 0 ? 84 + random.nextInt(SIDE - 84) : SIDE;
    boolean wide = random.nextBoolean();
    return new Canvas(wide ? SIDE : shorter, wide ? shorter : SIDE, background, random);
  }

  /// The parts of a canvas that is cut `across` times each way, in random order.
  private static List<Rectangle> cells(Canvas canvas, int across) {
    int width = canvas.width() / across;
    int height = canvas.height() / across;
    List<Rectangle> cells = new ArrayList<>();
    for (int i = 0; i < across * across; i++) {
      cells.add(new Rectangle(i % across * width, i / across * height, width, height));
    }
    Collections.shuffle(cells, new Random(canvas.random().nextLong()));
    return cells;
  }

  /// A square somewhere in a cell.
  ///
  /// @param share of the cell's shorter side
  static Rectangle within(Rectangle cell, double share, RandomGenerator random) {
    int side = (int) (share * Math.min(cell.width, cell.height));
    return new Rectangle(
        cell.x + random.nextInt(cell.width - side + 1),
        cell.y + random.nextInt(cell.height - side + 1),
        side,
        side);
  }

  static Thing put(Canvas canvas, Drawing drawing, Optional<Hue> color, Rectangle place) {
    BufferedImage image =
        color
            .map(hue -> tinted(drawing.image(), hue.any(canvas.random())))
            .orElseGet(() -> inOtherLight(drawing, canvas.random()));
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
  static Optional<Hue> tint(Drawing drawing, Hue background, RandomGenerator random) {
    return drawing.style().isLines()
        ? Optional.of(Hue.otherThan(background, random))
        : Optional.empty();
  }

  private static BufferedImage tinted(BufferedImage image, Color color) {
    return recolored(image, rgb -> color.getRGB());
  }

  /// Half of the drawings that are trained on get a little more or less of each colour.
  private static BufferedImage inOtherLight(Drawing drawing, RandomGenerator random) {
    boolean trained = !drawing.style().heldOut() && !drawing.concept().heldOut();
    if (!trained || random.nextBoolean()) {
      return drawing.image();
    }
    double[] gains = new double[3];
    Arrays.setAll(gains, _ -> 1 + MOST_GAIN * (2 * random.nextDouble() - 1));
    return recolored(
        drawing.image(),
        rgb -> {
          int lit = 0;
          for (int i = 0; i < gains.length; i++) {
            int value = (int) (((rgb >> (8 * i)) & 255) * gains[i]);
            lit |= Math.min(255, value) << (8 * i);
          }
          return lit;
        });
  }

  private static BufferedImage recolored(BufferedImage image, IntUnaryOperator color) {
    BufferedImage result =
        new BufferedImage(image.getWidth(), image.getHeight(), BufferedImage.TYPE_INT_ARGB);
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        int argb = image.getRGB(x, y);
        result.setRGB(x, y, (argb & 0xFF000000) | (color.applyAsInt(argb) & 0xFFFFFF));
      }
    }
    return result;
  }

  /// Dark on light or light on dark.
  static Color ink(Hue background, RandomGenerator random) {
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
