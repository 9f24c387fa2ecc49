package llava4j.image.decode;

import llava4j.image.RgbImage;

/// An image as stored in its file, not yet rotated.
///
/// @param image the pixels
/// @param orientation in the file
/// @param animated whether there are more frames
/// @param subsampling k if only every k-th row and column was decoded; 1 for all
record StoredImage(RgbImage image, Orientation orientation, boolean animated, int subsampling) {
  StoredImage(RgbImage image, Orientation orientation, boolean animated) {
    this(image, orientation, animated, 1);
  }
}
