package llava4j.data.mixture.source;

import llava4j.data.ImageSize;

/// How large images are, for boxes.
@FunctionalInterface
public interface ImageSizes {
  /// @param image path below the image folder
  /// @param stated what the annotations say
  ImageSize of(String image, ImageSize stated, ReadCounts counts);

  /// The annotations are believed.
  static ImageSizes stated() {
    return (_, stated, _) -> stated;
  }
}
