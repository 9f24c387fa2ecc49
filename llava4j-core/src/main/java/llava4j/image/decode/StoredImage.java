package llava4j.image.decode;

import llava4j.image.RgbImage;

/// An image as its file holds it, not yet turned.
///
/// @param image the pixels
/// @param orientation that the file gives
/// @param animated whether there are more frames
/// @param subsampling only every so-manieth row and column was decoded; 1 for all
record StoredImage(RgbImage image, Orientation orientation, boolean animated, int subsampling) {
  StoredImage(RgbImage image, Orientation orientation, boolean animated) {
    this(image, orientation, animated, 1);
  }
}
