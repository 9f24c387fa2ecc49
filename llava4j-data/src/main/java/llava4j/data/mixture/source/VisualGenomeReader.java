package llava4j.data.mixture.source;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

/// Reads Visual Genome's region descriptions: a limited number of regions per image, in random
/// order, each as a round in a random direction.
public final class VisualGenomeReader implements SourceReader {
  private final NativeFile regions;
  private final NativeFile images;
  private final ImageSizes sizes;
  private final int mostRegions;
  private final SeededChance chance;

  /// Path and size of an image from `image_data.json`.
  private record Image(String path, ImageSize size) {}

  public VisualGenomeReader(
      NativeFile regions,
      NativeFile images,
      ImageSizes sizes,
      int mostRegions,
      SeededChance chance) {
    this.regions = regions;
    this.images = images;
    this.sizes = sizes;
    this.mostRegions = mostRegions;
    this.chance = chance;
  }

  @Override
  public void read(Consumer<Sample> samples, ReadCounts counts) {
    Map<Long, Image> imagesById = new HashMap<>();
    images.rows(row -> imagesById.put(row.integer("image_id"), image(row)));
    regions.rows(row -> {
      List<NativeRow> described = row.rows("regions");
      described.forEach(_ -> counts.row());
      Image image = imagesById.get(row.integer("id"));
      if (image == null) {
        counts.add(Incident.NO_IMAGE, described.size());
        return;
      }
      List<Region> usable = usable(described, image, counts);
      if (!usable.isEmpty()) {
        String id = String.valueOf(row.integer("id"));
        SplittableRandom random = chance.of(id);
        List<Region> drawn = SeededChance.sample(usable, mostRegions, random);
        counts.add(Incident.SURPLUS_REGION, usable.size() - drawn.size());
        List<Round> rounds =
            drawn.stream().map(region -> region.round(Direction.draw(random))).toList();
        samples.accept(
            new Sample(
                id,
                Optional.of(image.path()),
                Round.conversation(rounds, ImagePlacement.draw(random))));
      }
    });
  }

  private List<Region> usable(List<NativeRow> described, Image image, ReadCounts counts) {
    ImageSize size = sizes.of(image.path(), image.size(), counts);
    List<Region> usable = new ArrayList<>();
    for (NativeRow row : described) {
      String phrase = row.line("phrase");
      Optional<PixelBox> box =
          PixelBox.ofCorner(
                  row.number("x"), row.number("y"), row.number("width"), row.number("height"))
              .within(size);
      if (phrase.isEmpty()) {
        counts.add(Incident.BLANK);
      } else if (box.isEmpty()) {
        counts.add(Incident.NO_BOX);
      } else {
        usable.add(new Region(phrase, PaddedBox.of(box.get(), size)));
      }
    }
    return usable;
  }

  /// The folder, `VG_100K` or `VG_100K_2`, is known only from the image's URL.
  private Image image(NativeRow row) {
    String[] address = row.text("url").split("/", -1);
    if (address.length < 2 || !address[address.length - 2].startsWith("VG_100K")) {
      throw images.wrong(row.place() + " has a 'url' without the folder VG_100K or VG_100K_2");
    }
    return new Image(
        "vg/" + address[address.length - 2] + "/" + address[address.length - 1],
        new ImageSize(row.pixels("width"), row.pixels("height")));
  }
}
