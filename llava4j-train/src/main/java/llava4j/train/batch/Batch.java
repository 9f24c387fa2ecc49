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
  /// @param pictures in the order of their slots
  /// @param regions the part of the picture that each answer's question names, if it names one
  public record Item(
      int index,
      String id,
      LabelledTokens tokens,
      List<Picture> pictures,
      List<Optional<PaddedBox>> regions) {
    public Item {
      pictures = List.copyOf(pictures);
      regions = List.copyOf(regions);
    }
  }

  /// A picture as the vision tower takes it.
  ///
  /// @param key hash of the decoded picture, before it is brought to size
  public record Picture(PixelValues pixels, String key) {}

  public Batch {
    samples = List.copyOf(samples);
  }

  /// Ids of the samples, for messages.
  public String ids() {
    return samples.stream().map(Item::id).collect(Collectors.joining(", "));
  }

  public List<Picture> pictures() {
    return samples.stream().flatMap(item -> item.pictures().stream()).toList();
  }
}
