package llava4j.image.decode;

import llava4j.image.RgbImage;

/// A decoded image and what its file said.
///
/// @param image the pixels, turned by `orientation` if the options asked for it
/// @param format the format found in the content
/// @param animated whether the file holds more frames; only the first was decoded
/// @param orientation the orientation that was applied
/// @param subsampling 1 for the whole image; k where memory was so short that only every k-th row
///   and column was decoded ([DecodeOptions.WhenShort])
public record DecodedImage(
    RgbImage image,
    ImageFormat format,
    boolean animated,
    Orientation orientation,
    int subsampling) {}
