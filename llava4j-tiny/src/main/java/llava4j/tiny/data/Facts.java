package llava4j.tiny.data;

import java.awt.Rectangle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/// Finds what can be asked about a scene and answered in a word.
final class Facts {
  static final int CLEARLY_APART = 16; // pixels between two middles

  private final Phrases phrases;
  private final List<Concept> concepts;

  /// @param concepts that wrong answers are taken from
  Facts(Phrases phrases, List<Concept> concepts) {
    this.phrases = phrases;
    this.concepts = List.copyOf(concepts);
  }

  /// A fact of this kind, if the scene has one.
  Optional<Fact> find(TinyTask task, Scene scene, RandomGenerator random) {
    return switch (task) {
      case NAME -> scene.things().isEmpty() ? Optional.empty() : Optional.of(name(scene, random));
      case CATEGORY -> category(scene, random);
      case BACKGROUND -> Optional.of(background(scene, random));
      case COLOR -> color(scene, random);
      case COUNT -> Optional.of(count(scene, random));
      case TOTAL -> Optional.of(total(scene, random));
      case PRESENCE -> Optional.of(presence(scene, random));
      case SIDE -> side(scene, random);
      case WHERE -> where(scene, random, true);
      case HEIGHT -> where(scene, random, false);
      case WORD, DIGITS -> Optional.of(read(task, scene, random));
      default -> Optional.empty();
    };
  }

  private Fact name(Scene scene, RandomGenerator random) {
    Thing thing = scene.only();
    boolean several = scene.things().size() > 1;
    String said =
        several
            ? phrases.pick(
                "count.say",
                random,
                "word",
                English.number(scene.things().size()),
                "things",
                thing.plurals())
            : phrases.about("name.say", random, thing);
    return new Fact(
        TinyTask.NAME,
        "",
        phrases.pick("name", random),
        thing.name(),
        said,
        wrongNames(scene, random));
  }

  private Optional<Fact> category(Scene scene, RandomGenerator random) {
    Optional<String> category = scene.things().stream().findFirst().flatMap(Thing::category);
    return category.map(word ->
        new Fact(
            TinyTask.CATEGORY,
            "",
            phrases.pick("category", random),
            word,
            phrases.pick("category.say", random, "word", word),
            concepts.stream()
                .map(Concept::category)
                .distinct()
                .filter(other -> !other.equals(word))
                .toList()));
  }

  private Fact background(Scene scene, RandomGenerator random) {
    String word = scene.background().word();
    return new Fact(
        TinyTask.BACKGROUND,
        "",
        phrases.pick("background", random),
        word,
        phrases.pick("background.say", random, "word", word),
        hues(word));
  }

  private Optional<Fact> color(Scene scene, RandomGenerator random) {
    List<Thing> colored =
        scene.things().stream().filter(thing -> thing.color().isPresent()).toList();
    if (colored.isEmpty()) {
      return Optional.empty();
    }
    Thing thing = colored.get(random.nextInt(colored.size()));
    String word = thing.color().orElseThrow().word();
    return Optional.of(
        new Fact(
            TinyTask.COLOR,
            thing.name(),
            phrases.about("color", random, thing),
            word,
            phrases.about("color.say", random, thing, "word", word),
            hues(word)));
  }

  private Fact count(Scene scene, RandomGenerator random) {
    Thing thing = scene.only();
    int count = scene.things().size();
    String said =
        count == 1
            ? phrases.about("presence.yes", random, thing).substring("Yes, ".length())
            : phrases.about("count.say", random, thing, "word", English.number(count));
    return new Fact(
        TinyTask.COUNT,
        "",
        phrases.about("count", random, thing),
        String.valueOf(count),
        English.capitalized(said),
        numbers(count));
  }

  private Fact total(Scene scene, RandomGenerator random) {
    int count = scene.things().size();
    String said = phrases.pick("total.say", random, "word", English.number(count));
    return new Fact(
        TinyTask.TOTAL,
        "",
        phrases.pick("total", random),
        String.valueOf(count),
        count == 1 ? said.replace("There are", "There is").replaceAll("s\\.$", ".") : said,
        numbers(count));
  }

  private Fact presence(Scene scene, RandomGenerator random) {
    boolean there = random.nextBoolean() && !scene.things().isEmpty();
    Nameable asked =
        there ? scene.things().get(random.nextInt(scene.things().size())) : absent(scene, random);
    return new Fact(
        TinyTask.PRESENCE,
        asked.name(),
        phrases.about("presence", random, asked),
        there ? "yes" : "no",
        phrases.about(there ? "presence.yes" : "presence.no", random, asked),
        List.of(there ? "no" : "yes"));
  }

  private Optional<Fact> side(Scene scene, RandomGenerator random) {
    if (scene.things().size() != 2) {
      return Optional.empty();
    }
    Thing one = scene.things().getFirst();
    Thing other = scene.things().getLast();
    boolean horizontal = Math.abs(middleX(one) - middleX(other)) >= CLEARLY_APART;
    boolean vertical = Math.abs(middleY(one) - middleY(other)) >= CLEARLY_APART;
    if (!horizontal && !vertical) {
      return Optional.empty();
    }
    boolean across = horizontal && (!vertical || random.nextBoolean());
    boolean first = across ? middleX(one) < middleX(other) : middleY(one) < middleY(other);
    boolean low = random.nextBoolean(); // left or top
    boolean oneAsked = first == low;
    Thing asked = oneAsked ? one : other;
    String side = across ? low ? "left" : "right" : low ? "top" : "bottom";
    List<String> wrong = new ArrayList<>(wrongNames(scene, random));
    wrong.addFirst((oneAsked ? other : one).name());
    return Optional.of(
        new Fact(
            TinyTask.SIDE,
            side,
            phrases.pick("side", random, "side", side),
            asked.name(),
            phrases.about("side.say", random, asked, "side", side),
            wrong));
  }

  private Optional<Fact> where(Scene scene, RandomGenerator random, boolean across) {
    double middle = (across ? scene.image().getWidth() : scene.image().getHeight()) / 2.0;
    List<Thing> clear =
        scene.things().stream()
            .filter(thing ->
                Math.abs((across ? middleX(thing) : middleY(thing)) - middle)
                    >= CLEARLY_APART / 2.0)
            .toList();
    if (clear.isEmpty()) {
      return Optional.empty();
    }
    Thing thing = clear.get(random.nextInt(clear.size()));
    boolean low = (across ? middleX(thing) : middleY(thing)) < middle;
    String side = across ? low ? "left" : "right" : low ? "top" : "bottom";
    String wrong = across ? low ? "right" : "left" : low ? "bottom" : "top";
    return Optional.of(
        new Fact(
            across ? TinyTask.WHERE : TinyTask.HEIGHT,
            thing.name(),
            phrases.about(across ? "where" : "height", random, thing),
            side,
            phrases.about(across ? "where.say" : "height.say", random, thing, "side", side),
            List.of(wrong)));
  }

  private Fact read(TinyTask task, Scene scene, RandomGenerator random) {
    String writing = scene.writing().orElseThrow();
    return new Fact(
        task,
        "",
        phrases.pick(task.word(), random),
        writing,
        phrases.pick(task.word() + ".say", random, "word", writing),
        List.of());
  }

  /// A thing that is not in the image; half the time of a kind that is, where there are more.
  Concept absent(Scene scene, RandomGenerator random) {
    List<Concept> absent =
        concepts.stream().filter(concept -> !scene.shows(concept.name())).toList();
    Optional<String> kind = scene.things().stream().findFirst().flatMap(Thing::category);
    if (random.nextBoolean() && kind.isPresent()) {
      List<Concept> alike =
          absent.stream().filter(concept -> concept.category().equals(kind.get())).toList();
      return pick(alike.isEmpty() ? absent : alike, random);
    }
    return pick(absent, random);
  }

  private static Concept pick(List<Concept> from, RandomGenerator random) {
    return from.get(random.nextInt(from.size()));
  }

  private List<String> wrongNames(Scene scene, RandomGenerator random) {
    return IntStream.range(0, 6).mapToObj(_ -> absent(scene, random).name()).distinct().toList();
  }

  private static List<String> hues(String right) {
    return Arrays.stream(Hue.values()).map(Hue::word).filter(hue -> !hue.equals(right)).toList();
  }

  private static List<String> numbers(int right) {
    return IntStream.rangeClosed(1, 6)
        .filter(number -> number != right)
        .mapToObj(String::valueOf)
        .toList();
  }

  private static double middleX(Thing thing) {
    Rectangle box = thing.box();
    return box.getCenterX();
  }

  private static double middleY(Thing thing) {
    return thing.box().getCenterY();
  }
}
