package llava4j.train.batch;

import java.util.List;
import java.util.stream.Collectors;
import llava4j.data.Sample;
import llava4j.image.PixelValues;

/// One micro-batch of one process.
///
/// @param samples in batch order
public record Batch(List<Item> samples) {

  /// One sample, tokenised and with preprocessed images.
  ///
  /// @param index of the sample in its file
  /// @param sample as it stands in the file
  /// @param tokens of its conversation
  /// @param images in the order of their placeholders in the text
  public record Item(int index, Sample sample, LabelledTokens tokens, List<Image> images) {
    public Item {
      images = List.copyOf(images);
    }

    /// As the file names it, for messages.
    public String id() {
      return sample.id();
    }
  }

  /// An image, preprocessed for the vision tower.
  ///
  /// @param key SHA-256 of the decoded image before resizing
  public record Image(PixelValues pixels, String key) {}

  public Batch {
    samples = List.copyOf(samples);
  }

  /// Ids of the samples, separated by commas, for messages.
  public String ids() {
    return samples.stream().map(Item::id).collect(Collectors.joining(", "));
  }

  public List<Image> images() {
    return samples.stream().flatMap(item -> item.images().stream()).toList();
  }
}
