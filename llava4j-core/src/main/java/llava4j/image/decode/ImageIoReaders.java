package llava4j.image.decode;

import java.io.IOException;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import llava4j.error.BadInputException;
import llava4j.image.RgbImage;

/// ImageIO's readers, selected by their vendor and not by the order on the class path.
final class ImageIoReaders {
  /// The readers of the JDK.
  static final String JDK = "com.sun.imageio";

  static final String TWELVE_MONKEYS = "com.twelvemonkeys";

  private ImageIoReaders() {}

  /// Decodes a stream that contains only an image.
  static RgbImage read(
      String vendor, ImageFormat format, byte[] stream, DecodeLimits limits, int bytesPerPixel)
      throws IOException, MalformedImageException {
    ImageReader reader = reader(format, vendor);
    try (var in = new ByteArrayImageStream(stream)) {
      reader.setInput(in, true, true);
      int width = reader.getWidth(0);
      int height = reader.getHeight(0);
      limits.requireSize(width, height);
      limits.requireHeap(width, height, bytesPerPixel);
      return RasterPixels.toRgb(reader.read(0), limits.options().grey16());
    } finally {
      reader.dispose();
    }
  }

  /// A new reader; the caller disposes of it.
  static ImageReader reader(ImageFormat format, String vendor) {
    Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format.name());
    while (readers.hasNext()) {
      ImageReader reader = readers.next();
      if (reader.getClass().getName().startsWith(vendor)) {
        return reader;
      }
    }
    throw new BadInputException(
        format
            + " images need ImageIO plug-ins, which are missing in this program; give PNG or JPEG");
  }
}
