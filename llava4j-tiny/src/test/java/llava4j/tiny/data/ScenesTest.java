package llava4j.tiny.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.Rectangle;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Scenes are what is said of them.
class ScenesTest {
  private static final int SCENES = 300;

  private final Material material = SomeMaterial.material();
  private final SceneMaker scenes = new SceneMaker(material);
  private final Facts facts = new Facts(Phrases.bundled(), material.concepts(Split.TRAIN));
  private final Exchanges exchanges =
      new Exchanges(Phrases.bundled(), facts, SomeMaterial.referring());

  @ParameterizedTest
  @EnumSource(Scene.Kind.class)
  void thingsLieWithinTheImageAndApart(Scene.Kind kind) {
    for (Scene scene : scenes(kind, Split.TRAIN)) {
      Rectangle image = new Rectangle(scene.image().getWidth(), scene.image().getHeight());
      assertThat(Math.max(image.width, image.height)).isEqualTo(SceneMaker.SIDE);
      for (Thing thing : scene.things()) {
        assertThat(image.contains(thing.box())).as("%s in %s", thing.box(), image).isTrue();
        assertThat(thing.box().width).isGreaterThan(8);
      }
      for (int i = 0; i < scene.things().size(); i++) {
        for (int j = 0; j < i; j++) {
          Rectangle common = scene.things().get(i).box().intersection(scene.things().get(j).box());
          assertThat(Math.max(0, common.width) * Math.max(0, common.height)).isLessThan(120);
        }
      }
    }
  }

  @Test
  void aThingsBoxHoldsEverythingThatIsNotBackground() {
    for (Scene scene : scenes(Scene.Kind.SINGLE, Split.NEW_STYLE)) {
      Rectangle box = scene.only().box();
      int corner = scene.image().getRGB(0, 0) & 0xFFFFFF;
      int outside = 0;
      for (int y = 0; y < scene.image().getHeight(); y++) {
        for (int x = 0; x < scene.image().getWidth(); x++) {
          boolean blob = distance(scene.image().getRGB(x, y) & 0xFFFFFF, corner) > 200;
          outside += blob && !grown(box).contains(x, y) ? 1 : 0;
        }
      }
      assertThat(outside).isLessThan(20); // a shaded background may differ that much
    }
  }

  @Test
  void splitsShareNothing() {
    Set<String> trained = names(Split.TRAIN);
    assertThat(names(Split.NEW_CONCEPT)).isNotEmpty().doesNotContainAnyElementsOf(trained);
    assertThat(trained).containsAll(names(Split.NEW_STYLE));
    assertThat(material.drawings(Split.TRAIN)).noneMatch(drawing -> drawing.style().heldOut());
    assertThat(material.drawings(Split.NEW_STYLE)).allMatch(drawing -> drawing.style().heldOut());
    Set<String> words = new HashSet<>();
    scenes(Scene.Kind.WORD, Split.TRAIN).forEach(scene -> words.add(scene.writing().orElseThrow()));
    for (Scene scene : scenes(Scene.Kind.WORD, Split.NEW_CONCEPT)) {
      assertThat(words).doesNotContain(scene.writing().orElseThrow());
    }
  }

  @ParameterizedTest
  @EnumSource(Scene.Kind.class)
  void answersAreTrue(Scene.Kind kind) {
    RandomGenerator random = new SplittableRandom(7);
    Set<TinyTask> seen = new HashSet<>();
    for (Scene scene : scenes(kind, Split.TRAIN)) {
      if (scene.things().isEmpty() && scene.writing().isEmpty()) {
        continue;
      }
      for (TinyTask task : TinyTask.about(kind)) {
        if (task.isFact()) {
          Optional<Fact> fact = facts.find(task, scene, random);
          fact.ifPresent(found -> {
            seen.add(task);
            assertThat(found.others()).doesNotContain(found.brief());
            assertThat(found.question()).doesNotContain("{");
            assertThat(found.sentence()).doesNotContain("{").endsWith(".");
            requireTrue(scene, found);
          });
        }
      }
    }
    assertThat(seen)
        .containsAll(TinyTask.about(kind).stream().filter(TinyTask::isFact).distinct().toList());
  }

  private static void requireTrue(Scene scene, Fact fact) {
    switch (fact.task()) {
      case NAME -> assertThat(fact.brief()).isEqualTo(scene.only().name());
      case CATEGORY -> assertThat(fact.brief()).isEqualTo(scene.only().category().orElseThrow());
      case BACKGROUND -> assertThat(fact.brief()).isEqualTo(scene.background().word());
      case COUNT, TOTAL ->
          assertThat(fact.brief()).isEqualTo(String.valueOf(scene.things().size()));
      case PRESENCE -> {
        boolean asked =
            scene.things().stream()
                .anyMatch(thing ->
                    (" " + fact.question().replaceAll("[?.]", " "))
                        .contains(" " + thing.name() + " "));
        assertThat(fact.brief()).isEqualTo(asked ? "yes" : "no");
      }
      case WORD, DIGITS -> assertThat(fact.brief()).isEqualTo(scene.writing().orElseThrow());
      case SIDE -> {
        Thing asked = named(scene, fact.brief());
        Thing other =
            scene.things().stream().filter(thing -> !thing.equals(asked)).findFirst().orElseThrow();
        String question = fact.question();
        if (question.contains("left")) {
          assertThat(asked.box().getCenterX()).isLessThan(other.box().getCenterX());
        } else if (question.contains("right")) {
          assertThat(asked.box().getCenterX()).isGreaterThan(other.box().getCenterX());
        } else if (question.contains("bottom")) {
          assertThat(asked.box().getCenterY()).isGreaterThan(other.box().getCenterY());
        } else {
          assertThat(question).contains("top");
          assertThat(asked.box().getCenterY()).isLessThan(other.box().getCenterY());
        }
      }
      case COLOR ->
          assertThat(scene.things())
              .anyMatch(
                  thing -> thing.color().map(hue -> hue.word().equals(fact.brief())).orElse(false));
      case WHERE -> assertThat(fact.brief()).isIn("left", "right");
      case HEIGHT -> assertThat(fact.brief()).isIn("top", "bottom");
      default -> throw new AssertionError(fact.task());
    }
  }

  @Test
  void aLetterStandsForTheRightOption() {
    RandomGenerator random = new SplittableRandom(3);
    Set<String> letters = new HashSet<>();
    for (Scene scene : scenes(Scene.Kind.SINGLE, Split.TRAIN)) {
      Fact fact = facts.find(TinyTask.NAME, scene, random).orElseThrow();
      if (fact.others().size() < 3) {
        continue;
      }
      Exchange choice = Exchanges.choice(fact, random);
      letters.add(choice.answer());
      assertThat(choice.question()).contains("\n" + choice.answer() + ". " + scene.only().name());
      assertThat(choice.asked()).endsWith("directly.");
    }
    assertThat(letters).containsExactlyInAnyOrder("A", "B", "C", "D");
  }

  @ParameterizedTest
  @EnumSource(Scene.Kind.class)
  void jsonIsJsonAndBoxesAreInThePaddedSquare(Scene.Kind kind) {
    RandomGenerator random = new SplittableRandom(5);
    for (Scene scene : scenes(kind, Split.TRAIN)) {
      if (TinyTask.about(kind).contains(TinyTask.JSON) && !scene.things().isEmpty()) {
        JsonNode node =
            new JsonMapper()
                .readTree(exchanges.ask(TinyTask.JSON, scene, random).orElseThrow().answer());
        assertThat(node.isObject()).isTrue();
      }
      for (Thing thing : scene.things()) {
        String box = Exchanges.coordinates(scene, thing).text();
        assertThat(box)
            .matches("\\[[01]\\.\\d\\d?, [01]\\.\\d\\d?, [01]\\.\\d\\d?, [01]\\.\\d\\d?\\]");
        double left = Double.parseDouble(box.substring(1, box.indexOf(',')));
        int padding = (SceneMaker.SIDE - scene.image().getWidth()) / 2;
        assertThat(Math.abs(left * SceneMaker.SIDE - padding - thing.box().x)).isLessThan(1);
      }
    }
  }

  @Test
  void mixedImagesHaveEverythingInItsPlace() {
    Set<String> seen = new HashSet<>();
    for (Scene scene : scenes(Scene.Kind.MIXED, Split.TRAIN)) {
      assertThat(scene.things()).hasSizeBetween(2, 4);
      for (Thing thing : scene.things()) {
        Rectangle box = thing.box();
        boolean cell = thing.name().equals(scene.background().word());
        assertThat(colors(scene.image().getSubimage(box.x, box.y, box.width, box.height)))
            .as(thing.name())
            .matches(many -> cell || thing.name().equals("square") || many > 1);
        seen.add(
            cell
                ? "background"
                : thing.concept().isPresent()
                    ? "drawing"
                    : thing.color().isPresent()
                        ? "shape"
                        : thing.name().matches("\\d") ? "digit" : "word");
      }
    }
    assertThat(seen).containsExactlyInAnyOrder("background", "drawing", "shape", "digit", "word");
  }

  private static long colors(BufferedImage image) {
    return IntStream.of(
            image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth()))
        .distinct()
        .count();
  }

  @Test
  void paperIsCutAwayButNotTheWhiteInside() {
    BufferedImage drawn = new BufferedImage(40, 40, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = drawn.createGraphics();
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, 40, 40);
    graphics.setColor(Color.BLACK);
    graphics.drawRect(10, 10, 19, 19);
    graphics.dispose();
    BufferedImage cut = Trimming.withoutPaper(drawn);
    assertThat(Trimming.box(cut)).isEqualTo(new Rectangle(10, 10, 20, 20));
    assertThat(cut.getRGB(15, 15)).isEqualTo(Color.WHITE.getRGB());
    assertThat(cut.getRGB(5, 5) >>> 24).isZero();
  }

  @Test
  void theSameSeedMakesTheSameImage() {
    Scene one = scenes.make(Scene.Kind.SEVERAL, Split.TRAIN, new SplittableRandom(9));
    Scene other = scenes.make(Scene.Kind.SEVERAL, Split.TRAIN, new SplittableRandom(9));
    assertThat(one.things()).isEqualTo(other.things());
    assertThat(one.image().getRGB(50, 50)).isEqualTo(other.image().getRGB(50, 50));
  }

  @Test
  void grammar() {
    assertThat(English.plural("mouse")).isEqualTo("mice");
    assertThat(English.plural("box")).isEqualTo("boxes");
    assertThat(English.plural("cherry")).isEqualTo("cherries");
    assertThat(English.plural("key")).isEqualTo("keys");
    assertThat(English.article("umbrella")).isEqualTo("an");
    assertThat(English.article("unicorn")).isEqualTo("a");
    assertThat(English.list(List.of("a", "b", "c"))).isEqualTo("a, b and c");
  }

  private List<Scene> scenes(Scene.Kind kind, Split split) {
    List<Scene> made = new ArrayList<>();
    for (int i = 0; i < SCENES; i++) {
      made.add(scenes.make(kind, split, TinyMixture.seeded(1, kind.name(), i)));
    }
    return made;
  }

  private Set<String> names(Split split) {
    return new HashSet<>(material.concepts(split).stream().map(Concept::name).toList());
  }

  private static Thing named(Scene scene, String name) {
    return scene.things().stream()
        .filter(thing -> thing.name().equals(name.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow();
  }

  private static Rectangle grown(Rectangle box) {
    return new Rectangle(box.x - 3, box.y - 3, box.width + 6, box.height + 6);
  }

  private static int distance(int one, int other) {
    int sum = 0;
    for (int shift = 0; shift <= 16; shift += 8) {
      sum += Math.abs((one >> shift & 255) - (other >> shift & 255));
    }
    return sum;
  }
}
