package llava4j.tiny.data;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/// Everything that images are made of, told apart by split.
final class Material {
  private final Map<Split, List<List<Drawing>>> byConcept = new EnumMap<>(Split.class);
  private final Handwriting handwriting;
  private final Lettering lettering;

  Material(List<Drawing> drawings, Handwriting handwriting, Lettering lettering) {
    this.handwriting = handwriting;
    this.lettering = lettering;
    for (Split split : Split.values()) {
      Map<String, List<Drawing>> named = new LinkedHashMap<>();
      for (Drawing drawing : drawings) {
        if (belongs(drawing, split)) {
          named.computeIfAbsent(drawing.concept().name(), _ -> new ArrayList<>()).add(drawing);
        }
      }
      byConcept.put(split, List.copyOf(named.values()));
    }
  }

  private static boolean belongs(Drawing drawing, Split split) {
    boolean newConcept = drawing.concept().heldOut();
    boolean newStyle = drawing.style().heldOut();
    return switch (split) {
      case TRAIN -> !newConcept && !newStyle;
      case NEW_STYLE -> !newConcept && newStyle;
      case NEW_CONCEPT -> newConcept && !newStyle;
    };
  }

  /// A thing at random: all concepts alike, and then all its drawings.
  Drawing drawing(Split split, RandomGenerator random) {
    List<List<Drawing>> concepts = byConcept.get(split);
    List<Drawing> one = concepts.get(random.nextInt(concepts.size()));
    return one.get(random.nextInt(one.size()));
  }

  /// All drawings of a split.
  List<Drawing> drawings(Split split) {
    return byConcept.get(split).stream().flatMap(List::stream).toList();
  }

  /// All concepts of a split.
  List<Concept> concepts(Split split) {
    return byConcept.get(split).stream().map(drawings -> drawings.getFirst().concept()).toList();
  }

  Handwriting handwriting() {
    return handwriting;
  }

  Lettering lettering() {
    return lettering;
  }
}
