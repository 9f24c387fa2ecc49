package llava4j.tiny.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.random.RandomGenerator;

/// Tells which thing of an image is meant in other words than its name, as people do (RefCOCO): by
/// its kind, its place or its size, by what it means, in another language.
final class Referring {
  private static final double CLEARLY_LARGER = 1.5; // of a box's area

  /// Kinds that fit things of other kinds too, or that nobody calls a thing.
  private static final Set<String> VAGUE = Set.of("object", "nature", "food");

  private final Phrases phrases;
  private final Map<String, Glosses.Meaning> meanings;

  /// @param meanings of concepts, by their names
  Referring(Phrases phrases, Map<String, Glosses.Meaning> meanings) {
    this.phrases = phrases;
    this.meanings = Map.copyOf(meanings);
  }

  /// Words that are true of this thing and of no other in the image, if there are any.
  Optional<String> to(Thing thing, Scene scene, RandomGenerator random) {
    List<String> ways = new ArrayList<>();
    sides(thing, scene).forEach(side -> ways.add(phrases.pick("refer.side", random, "side", side)));
    if (stands(thing, scene, one -> Math.log(one.area()), Math.log(CLEARLY_LARGER))) {
      ways.add(phrases.pick("refer.size", random, "size", "largest"));
    } else if (stands(thing, scene, one -> -Math.log(one.area()), Math.log(CLEARLY_LARGER))) {
      ways.add(phrases.pick("refer.size", random, "size", "smallest"));
    }
    if (isTheOnlyOneOfItsKind(thing, scene)) {
      thing
          .category()
          .filter(kind -> !VAGUE.contains(kind))
          .ifPresent(kind -> ways.add(phrases.pick("refer.kind", random, "word", kind)));
      // a meaning may fit others of the kind
      Optional.ofNullable(meanings.get(thing.name()))
          .ifPresent(meaning -> ways.add(meaning.gloss()));
    }
    if (scene.isTheOnlyOne(thing)) {
      foreign(thing, random).ifPresent(ways::add);
    }
    return ways.isEmpty() ? Optional.empty() : Optional.of(ways.get(random.nextInt(ways.size())));
  }

  private static boolean isTheOnlyOneOfItsKind(Thing thing, Scene scene) {
    return scene.things().stream().filter(one -> one.category().equals(thing.category())).count()
        == 1;
  }

  private static List<String> sides(Thing thing, Scene scene) {
    List<String> sides = new ArrayList<>();
    ToDoubleFunction<Thing> x = one -> one.box().getCenterX();
    ToDoubleFunction<Thing> y = one -> one.box().getCenterY();
    if (stands(thing, scene, one -> -x.applyAsDouble(one), Facts.CLEARLY_APART)) {
      sides.add("on the left");
    } else if (stands(thing, scene, x, Facts.CLEARLY_APART)) {
      sides.add("on the right");
    }
    if (stands(thing, scene, one -> -y.applyAsDouble(one), Facts.CLEARLY_APART)) {
      sides.add("at the top");
    } else if (stands(thing, scene, y, Facts.CLEARLY_APART)) {
      sides.add("at the bottom");
    }
    return sides;
  }

  /// Whether a thing has more of something than all others have, by so much at least.
  private static boolean stands(
      Thing thing, Scene scene, ToDoubleFunction<Thing> measure, double by) {
    double own = measure.applyAsDouble(thing);
    return scene.things().size() > 1
        && scene.things().stream()
            .filter(one -> !one.equals(thing))
            .allMatch(one -> measure.applyAsDouble(one) <= own - by);
  }

  private static Optional<String> foreign(Thing thing, RandomGenerator random) {
    return thing
        .concept()
        .flatMap(concept -> concept.anyLanguage(random).map(concept.names()::get));
  }
}
