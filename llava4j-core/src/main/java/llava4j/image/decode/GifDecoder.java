package llava4j.image.decode;

import java.awt.image.Raster;
import java.io.IOException;
import javax.imageio.ImageReader;
import llava4j.image.RgbColor;
import llava4j.image.RgbImage;

/// The first frame of a GIF file, on its canvas.
final class GifDecoder {
  private GifDecoder() {}

  static StoredImage decode(byte[] file, DecodeLimits limits)
      throws IOException, MalformedImageException {
    GifHeader header = GifHeader.parse(file);
    limits.requireSize(header.width(), header.height());
    limits.requireSize(header.frameWidth(), header.frameHeight());
    limits.requireHeap(header.width(), header.height(), 1 + 3 + 3);
    ImageReader reader = ImageIoReaders.reader(ImageFormat.GIF, ImageIoReaders.JDK);
    try (var stream = new ByteArrayImageStream(header.stream())) {
      reader.setInput(stream, true, true);
      Raster indices = reader.read(0).getRaster();
      RgbImage frame = RasterPixels.fromPalette(indices, header.palette());
      if (frame.width() == header.width() && frame.height() == header.height()) {
        return upright(frame, header);
      }
      int color = header.palette()[header.background()];
      RgbImage canvas =
          RgbImage.filled(
              header.width(),
              header.height(),
              new RgbColor(color >> 16 & 0xFF, color >> 8 & 0xFF, color & 0xFF));
      frame.copyInto(canvas.pixels(), header.width(), header.left(), header.top());
      return upright(canvas, header);
    } finally {
      reader.dispose();
    }
  }

  private static StoredImage upright(RgbImage image, GifHeader header) {
    return new StoredImage(image, Orientation.UPRIGHT, header.animated());
  }
}
