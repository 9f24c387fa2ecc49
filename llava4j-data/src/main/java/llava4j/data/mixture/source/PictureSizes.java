package llava4j.data.mixture.source;

import llava4j.data.mixture.rule.ImageSize;

/// How large pictures are, for boxes.
@FunctionalInterface
public interface PictureSizes {
  /// @param image path below the image folder
  /// @param stated what the annotations say
  ImageSize of(String image, ImageSize stated, Tally tally);

  /// The annotations are believed.
  static PictureSizes stated() {
    return (_, stated, _) -> stated;
  }
}
