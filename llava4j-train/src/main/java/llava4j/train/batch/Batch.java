package llava4j.train.batch;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import llava4j.data.mixture.rule.PaddedBox;
import llava4j.image.PixelValues;

/// What one process trains on at once.
///
/// @param samples in the order of the batch; none has more than the limit of ids
public record Batch(List<Item> samples) {

  /// One sample, ready.
  ///
  /// @param index in the sample file
  /// @param images in the order of their slots
  /// @param regions the part of the image that each answer's question names, if it names one
  public record Item(
      int index,
      String id,
      LabelledTokens tokens,
      List<Image> images,
      List<Optional<PaddedBox>> regions) {
    public Item {
      images = List.copyOf(images);
      regions = List.copyOf(regions);
    }
  }

  /// An image as the vision tower takes it.
  ///
  /// @param key hash of the decoded image, before it is brought to size
  public record Image(PixelValues pixels, String key) {}

  public Batch {
    samples = List.copyOf(samples);
  }

  /// Ids of the samples, for messages.
  public String ids() {
    return samples.stream().map(Item::id).collect(Collectors.joining(", "));
  }

  public List<Image> images() {
    return samples.stream().flatMap(item -> item.images().stream()).toList();
  }
}
