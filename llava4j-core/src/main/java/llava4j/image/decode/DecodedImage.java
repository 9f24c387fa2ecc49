package llava4j.image.decode;

import llava4j.image.RgbImage;

/// A decoded image and properties of its file.
///
/// @param image the pixels, rotated by `orientation` if the options require it
/// @param format the format, detected from the content
/// @param animated whether the file has more frames; only the first was decoded
/// @param orientation the orientation that was applied
/// @param subsampling 1 for the whole image; k if the memory was only sufficient for every k-th row
///   and column ([DecodeOptions.WhenShort])
public record DecodedImage(
    RgbImage image,
    ImageFormat format,
    boolean animated,
    Orientation orientation,
    int subsampling) {}
