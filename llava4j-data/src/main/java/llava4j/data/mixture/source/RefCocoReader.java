package llava4j.data.mixture.source;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import llava4j.data.ImageSize;
import llava4j.data.Sample;
import llava4j.data.mixture.rule.ImagePlacement;
import llava4j.data.mixture.rule.Incident;
import llava4j.data.mixture.rule.PaddedBox;
import llava4j.data.mixture.rule.PixelBox;
import llava4j.data.mixture.rule.Region;
import llava4j.data.mixture.rule.Region.Direction;
import llava4j.data.mixture.rule.Round;
import llava4j.data.mixture.rule.SeededChance;
import llava4j.data.mixture.rule.Segments;

/// Reads RefCOCO, RefCOCO+ and RefCOCOg together: every expression about an image becomes a round
/// in a random direction; the rounds are shuffled and split into conversations.
public final class RefCocoReader implements SourceReader {
  private final List<Release> releases;
  private final ImageSizes sizes;
  private final int mostRounds;
  private final SeededChance chance;

  /// One of the three data sets.
  ///
  /// @param instances annotations of COCO
  /// @param refs expressions that refer to the annotations
  public record Release(NativeFile instances, RefsFile refs) {}

  /// An expression and the id of its annotation.
  private record Expression(String phrase, long annotation) {}

  /// Image sizes and boxes from instances.json, by id.
  private record Instances(Map<Long, ImageSize> images, Map<Long, PixelBox> boxes) {}

  /// @param mostRounds maximum number of rounds per conversation
  public RefCocoReader(
      List<Release> releases, ImageSizes sizes, int mostRounds, SeededChance chance) {
    this.releases = List.copyOf(releases);
    this.sizes = sizes;
    this.mostRounds = mostRounds;
    this.chance = chance;
  }

  @Override
  public void read(Consumer<Sample> samples, ReadCounts counts) {
    Map<Long, List<Region>> regions = new LinkedHashMap<>();
    for (Release release : releases) {
      collect(release, regions, counts);
    }
    regions.forEach((image, list) -> {
      SplittableRandom random = chance.of(String.valueOf(image));
      List<Round> rounds =
          SeededChance.sample(list, list.size(), random).stream()
              .map(region -> region.round(Direction.draw(random)))
              .toList();
      for (List<Round> segment : Segments.of(rounds, mostRounds)) {
        ImagePlacement placement = ImagePlacement.draw(random);
        samples.accept(CocoImage.sample(image, Round.conversation(segment, placement)));
      }
    });
  }

  private void collect(Release release, Map<Long, List<Region>> regions, ReadCounts counts) {
    Map<Long, List<Expression>> expressions = expressions(release.refs(), counts);
    Set<Long> wanted = new HashSet<>();
    expressions.values().forEach(list -> list.forEach(one -> wanted.add(one.annotation())));
    Instances instances = instances(release.instances(), wanted);
    if (!wanted.isEmpty() && instances.boxes().isEmpty()) {
      throw release
          .instances()
          .wrong("it has none of the annotations that " + release.refs().path() + " refers to");
    }
    expressions.forEach((image, list) -> {
      ImageSize stated = instances.images().get(image);
      if (stated == null) {
        counts.add(Incident.NO_IMAGE, list.size());
        return;
      }
      ImageSize size = sizes.of(CocoImage.path(image), stated, counts);
      for (Expression expression : list) {
        Optional<PixelBox> box =
            Optional.ofNullable(instances.boxes().get(expression.annotation()))
                .flatMap(found -> found.within(size));
        if (box.isEmpty()) {
          counts.add(Incident.NO_BOX);
        } else {
          regions
              .computeIfAbsent(image, _ -> new ArrayList<>())
              .add(new Region(expression.phrase(), PaddedBox.of(box.get(), size)));
        }
      }
    });
  }

  private static Map<Long, List<Expression>> expressions(RefsFile refs, ReadCounts counts) {
    Map<Long, List<Expression>> expressions = new LinkedHashMap<>();
    refs.rows(row -> {
      for (NativeRow sentence : row.rows("sentences")) {
        counts.row();
        String phrase = sentence.line("sent");
        if (!row.text("split").equals("train")) {
          counts.add(Incident.OTHER_SPLIT);
        } else if (phrase.isEmpty()) {
          counts.add(Incident.BLANK);
        } else {
          expressions
              .computeIfAbsent(row.integer("image_id"), _ -> new ArrayList<>())
              .add(new Expression(phrase, row.integer("ann_id")));
        }
      }
    });
    return expressions;
  }

  private static Instances instances(NativeFile file, Set<Long> wanted) {
    Instances instances = new Instances(new HashMap<>(), new HashMap<>());
    file.sections(
        Map.of(
            "images",
            row ->
                instances
                    .images()
                    .put(
                        row.integer("id"),
                        new ImageSize(row.pixels("width"), row.pixels("height"))),
            "annotations",
            row -> {
              if (wanted.contains(row.integer("id"))) {
                List<Double> box = row.numbers("bbox", 4);
                instances
                    .boxes()
                    .put(
                        row.integer("id"),
                        PixelBox.ofCorner(box.get(0), box.get(1), box.get(2), box.get(3)));
              }
            }),
        (_, _) -> {});
    return instances;
  }
}
