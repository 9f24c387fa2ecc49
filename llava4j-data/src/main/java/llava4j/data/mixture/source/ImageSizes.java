package llava4j.data.mixture.source;

import llava4j.data.ImageSize;

/// Returns image sizes, which are needed to normalise boxes.
@FunctionalInterface
public interface ImageSizes {
  /// Returns the size of an image.
  ///
  /// @param image path relative to the image folder
  /// @param stated size in the annotations
  /// @param counts counts images whose size is taken from the annotations
  ImageSize of(String image, ImageSize stated, ReadCounts counts);

  /// Always uses the size in the annotations.
  static ImageSizes stated() {
    return (_, stated, _) -> stated;
  }
}
