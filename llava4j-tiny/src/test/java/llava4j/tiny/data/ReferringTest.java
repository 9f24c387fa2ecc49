package llava4j.tiny.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Rectangle;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import llava4j.data.mixture.rule.FormatPrompt;
import llava4j.tiny.data.Scene.Kind;
import org.junit.jupiter.api.Test;

/// What refers to a thing is true of it and of nothing else.
class ReferringTest {
  private static final int SCENES = 400;

  private final Material material = SomeMaterial.material();
  private final SceneMaker scenes = new SceneMaker(material);
  private final Facts facts = new Facts(Phrases.bundled(), material.concepts(Split.TRAIN));
  private final Referring referring = SomeMaterial.referring();
  private final Exchanges exchanges = new Exchanges(Phrases.bundled(), facts, referring);
  private final RandomGenerator random = new SplittableRandom(11);

  @Test
  void onlyTheThingMeantIsWhatIsSaidOfIt() {
    Set<String> ways = new TreeSet<>();
    for (int i = 0; i < SCENES; i++) {
      Scene scene = scenes.make(Kind.SEVERAL, Split.TRAIN, random);
      for (Thing thing : scene.things()) {
        Optional<String> words = referring.to(thing, scene, random);
        words.ifPresent(said -> ways.add(requireTrue(said, thing, others(scene, thing))));
      }
    }
    assertThat(ways)
        .containsExactly(
            "at the bottom",
            "at the top",
            "foreign",
            "kind",
            "largest",
            "meaning",
            "on the left",
            "on the right",
            "smallest");
  }

  private static List<Thing> others(Scene scene, Thing thing) {
    return scene.things().stream().filter(one -> !one.equals(thing)).toList();
  }

  private static String requireTrue(String said, Thing thing, List<Thing> others) {
    Rectangle box = thing.box();
    for (String way :
        List.of(
            "on the left", "on the right", "at the top", "at the bottom", "largest", "smallest")) {
      if (said.endsWith(way) || said.contains(" " + way)) {
        assertThat(others).as(said).allMatch(other -> further(way, box, other.box()));
        return way;
      }
    }
    if (said.startsWith("Wort")) {
      assertThat(thing.concept().orElseThrow().names()).containsValue(said);
      return "foreign";
    }
    assertThat(others).noneMatch(other -> other.category().equals(thing.category()));
    if (said.equals("a small animal that purrs")) {
      assertThat(thing.name()).isEqualTo("cat");
      return "meaning";
    }
    assertThat(said).contains(thing.category().orElseThrow()).doesNotContain("{");
    return "kind";
  }

  private static boolean further(String way, Rectangle box, Rectangle other) {
    double times = (double) box.width * box.height / (other.width * other.height);
    return switch (way) {
      case "on the left" -> box.getCenterX() + 16 <= other.getCenterX();
      case "on the right" -> box.getCenterX() - 16 >= other.getCenterX();
      case "at the top" -> box.getCenterY() + 16 <= other.getCenterY();
      case "at the bottom" -> box.getCenterY() - 16 >= other.getCenterY();
      case "largest" -> times >= 1.49;
      default -> times <= 1 / 1.49;
    };
  }

  @Test
  void aThingAloneIsNotToldByItsPlace() {
    for (int i = 0; i < SCENES; i++) {
      Scene scene = scenes.make(Kind.SINGLE, Split.TRAIN, random);
      assertThat(referring.to(scene.only(), scene, random).orElseThrow())
          .doesNotContain("left", "right", "top", "bottom", "largest", "smallest");
    }
  }

  @Test
  void mixedImagesAreAskedForEveryThing() {
    Set<String> described = new TreeSet<>();
    for (int i = 0; i < SCENES; i++) {
      Scene scene = scenes.make(Kind.MIXED, Split.TRAIN, random);
      List<Exchange> asked = exchanges.places(scene, random);
      assertThat(asked).hasSameSizeAs(scene.things());
      for (Exchange exchange : asked) {
        List<Thing> named =
            scene.things().stream().filter(thing -> thing.name().equals(exchange.about())).toList();
        if (exchange.task() == TinyTask.BOX) {
          assertThat(named).hasSize(1);
          assertThat(exchange.about()).isNotEqualTo(scene.background().word()).doesNotMatch("\\d");
          assertThat(exchange.answer())
              .isEqualTo(Exchanges.coordinates(scene, named.getFirst()).text());
          described.add(kind(exchange.question().substring(FormatPrompt.BOX.length())));
        } else {
          assertThat(exchange.task()).isEqualTo(TinyTask.REGION);
          assertThat(exchange.answer()).endsWith(exchange.about());
        }
      }
    }
    assertThat(described).containsExactly("thing", "word");
  }

  private static String kind(String sentence) {
    return sentence.matches("the word b[a-z]t\\.") ? "word" : "thing";
  }
}
